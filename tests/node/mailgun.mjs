// Mailgun's own client against a gateway: URL, TOKEN, FROM and DOMAIN in the environment.
import Mailgun from "mailgun.js";

const { URL: url, TOKEN, FROM, DOMAIN } = process.env;
const client = (key) => new Mailgun(FormData).client({ username: "api", key, url });
const mail = (more = {}) => ({
  from: `Acme <${FROM}>`, to: ["ok@sandbox.test"], subject: "Hello", text: "Hello.", ...more,
});
const failure = async (call) => {
  try {
    return await call;
  } catch (error) {
    return { status: error.status, details: error.details };
  }
};

console.log(JSON.stringify({
  sent: await client(TOKEN).messages.create(DOMAIN, mail({
    html: '<p>Hello <img src="cid:logo.png"></p>',
    "h:X-Own": "kept",
    "v:order": "42",
    "o:tag": ["welcome", "first"],
    attachment: { data: Buffer.from("hello"), filename: "a.txt" },
    inline: { data: Buffer.from("\x89PNG\r\n"), filename: "logo.png" },
  })),
  plain: await client(TOKEN).messages.create(DOMAIN, mail({ to: "bounce+5.1.1@sandbox.test" })),
  each: await client(TOKEN).messages.create(DOMAIN, mail({
    to: ["ok@sandbox.test", "slow+1s@sandbox.test"],
    subject: "For each",
    text: "No. %recipient.no%",
    "recipient-variables": JSON.stringify({ "ok@sandbox.test": { no: 7 }, "slow+1s@sandbox.test": { no: 8 } }),
  })),
  later: await client(TOKEN).messages.create(DOMAIN, mail({
    "o:deliverytime": new Date(Date.now() + 86_400_000).toUTCString(),
  })),
  noAddress: await failure(client(TOKEN).messages.create(DOMAIN, mail({ to: "no address" }))),
  wrongKey: await failure(client("pr_live_wrong").messages.create(DOMAIN, mail())),
  wrongDomain: await failure(client(TOKEN).messages.create("else.example", mail())),
}));
