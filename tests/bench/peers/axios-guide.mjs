// axios as the gateway's guide shows it: a token for every cancel, no connection kept.
import axios from "axios";
import { base, body, keys, measure } from "./measure.mjs";

const headers = { "Content-Type": "application/json" };

await measure(async (number) => {
  const url = `${base}/users/getToken`;
  const token = await axios({ url, method: "post", headers, data: keys });
  const { access_token } = token.data.response;
  const cancelled = await axios({
    url: `${base}/payments/cancel`,
    method: "post",
    headers: { ...headers, Authorization: access_token },
    data: body(number),
  });
  return cancelled.data.response;
});
