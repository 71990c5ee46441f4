// Many cancels, so many at once; prints as JSON what one took. The arguments: PORT REQUESTS CONCURRENCY WARM_UP.
const [port, requests, concurrency, warmUp] = process.argv.slice(2).map(Number);

export const base = `http://127.0.0.1:${port}`;
export const keys = { imp_key: "1111111111111111", imp_secret: "bench-secret-0123456789" };

/** What is asked; `number` tells it from all others. */
export const body = (number) => ({
  imp_uid: `imp_${String(number).padStart(12, "0")}`,
  amount: 35000,
  checksum: 35000,
  reason: "고객 변심",
});

async function lanes(from, each, cancel) {
  const lane = async (first) => {
    for (let number = first; number < first + each; number += 1) {
      const answer = await cancel(number);
      if (answer.imp_uid !== body(number).imp_uid) throw new Error("another payment came back");
    }
  };
  await Promise.all(Array.from({ length: concurrency }, (_, caller) => lane(from + caller * 1e6)));
}

/** `cancel(number)` resolves to the payment of the answer. */
export async function measure(cancel) {
  await lanes(0, warmUp, cancel);
  const [cpu, began] = [process.cpuUsage(), process.hrtime.bigint()];
  await lanes(warmUp, Math.floor(requests / concurrency), cancel);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  const done = Math.floor(requests / concurrency) * concurrency;
  const measured = {
    requests: done,
    cpu_ns: ((user + system) * 1e3) / done,
    per_second: done / seconds,
    peak_kib: process.resourceUsage().maxRSS,
  };
  console.log(JSON.stringify({ p50_ns: null, allocations: null, ...measured }));
}
