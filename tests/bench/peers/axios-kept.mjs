// axios with care: one token, connections kept.
import http from "node:http";
import axios from "axios";
import { base, body, keys, measure } from "./measure.mjs";

const client = axios.create({ baseURL: base, httpAgent: new http.Agent({ keepAlive: true }) });
const token = (await client.post("/users/getToken", keys)).data.response.access_token;
const headers = { "Content-Type": "application/json", Authorization: token };

await measure(async (number) => {
  const answer = await client.post("/payments/cancel", body(number), { headers });
  return answer.data.response;
});
