// The gateway's former client for Node.
import Iamport from "iamport";
import { base, body, keys, measure } from "./measure.mjs";

Iamport.DEFAULT_HOST = base;
const client = new Iamport({ impKey: keys.imp_key, impSecret: keys.imp_secret });

await measure((number) => client.payment.cancel(body(number)));
