"""requests with care: one token, one session a thread. The arguments: PORT REQUESTS CONCURRENCY WARM_UP."""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import requests

port, count, concurrency, warm_up = map(int, sys.argv[1:])
base = f"http://127.0.0.1:{port}"
keys = {"imp_key": "1111111111111111", "imp_secret": "bench-secret-0123456789"}
token = requests.post(f"{base}/users/getToken", json=keys, timeout=65).json()["response"]["access_token"]
sessions = [requests.Session() for _ in range(concurrency)]
for session in sessions:
    session.headers["Authorization"] = token


def lane(caller, first, each):
    for number in range(caller * 1_000_000 + first, caller * 1_000_000 + first + each):
        imp_uid = f"imp_{number:012}"
        body = {"imp_uid": imp_uid, "amount": 35000, "checksum": 35000, "reason": "고객 변심"}
        answer = sessions[caller].post(f"{base}/payments/cancel", json=body, timeout=65).json()
        if answer["response"]["imp_uid"] != imp_uid:
            raise SystemExit("another payment came back")


def lanes(first, each):
    with ThreadPoolExecutor(concurrency) as threads:
        for done in [threads.submit(lane, caller, first, each) for caller in range(concurrency)]:
            done.result()


lanes(0, warm_up)
cpu, began = time.process_time(), time.perf_counter()
lanes(warm_up, count // concurrency)
cpu, seconds = time.process_time() - cpu, time.perf_counter() - began
done = count // concurrency * concurrency
measured = {"requests": done, "cpu_ns": cpu * 1e9 / done, "per_second": done / seconds}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({**measured, "p50_ns": None, "allocations": None, "peak_kib": peak}))
