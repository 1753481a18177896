// Postmark's own client against a gateway: URL, TOKEN and FROM in the environment, a step as argument.
import postmark from "postmark";

const { URL: url, TOKEN, FROM } = process.env;
const { host } = new globalThis.URL(url);
const client = new postmark.ServerClient(TOKEN, { requestHost: host, useHttps: false });
const mail = (to, more = {}) => ({ From: FROM, To: to, Subject: "Hello", TextBody: "Hello.", ...more });
const failure = async (call) => {
  try {
    return await call;
  } catch (error) {
    return { name: error.name, code: error.code, status: error.statusCode, message: error.message };
  }
};

const steps = {
  send: async () => ({
    sent: await client.sendEmail(
      mail("Jana <ok@sandbox.test>", {
        Cc: "slow+1s@sandbox.test",
        HtmlBody: '<p>Hello <img src="cid:logo"></p>',
        Tag: "welcome",
        Metadata: { order: "42" },
        Headers: [{ Name: "X-Own", Value: "kept" }],
        Attachments: [
          new postmark.Models.Attachment("a.txt", Buffer.from("hello").toString("base64"), "text/plain"),
          new postmark.Models.Attachment(
            "logo.png", Buffer.from("\x89PNG\r\n").toString("base64"), "image/png", "cid:logo"),
        ],
      })),
    batch: await client.sendEmailBatch([
      mail("ok@sandbox.test"),
      mail("bounce+5.1.1@sandbox.test"),
      mail("no address"),
    ]),
    foreign: await failure(client.sendEmail(mail("ok@sandbox.test", { From: "x@else.example" }))),
    wrongToken: await failure(
      new postmark.ServerClient("pr_live_wrong", { requestHost: host, useHttps: false })
        .sendEmail(mail("ok@sandbox.test"))),
  }),
  details: async (id) => client.getOutboundMessageDetails(id),
  bounces: async () => {
    const listed = await client.getBounces({ count: 10, offset: 0, type: "HardBounce" });
    return { listed, one: await client.getBounce(listed.Bounces[0].ID) };
  },
  activate: async (id) => ({
    told: await client.activateBounce(Number(id)),
    sent: await client.sendEmail(mail("bounce+5.1.1@sandbox.test")),
  }),
  inactive: async () => failure(client.sendEmail(mail("bounce+5.1.1@sandbox.test"))),
};

const [step, ...rest] = process.argv.slice(2);
console.log(JSON.stringify(await steps[step](...rest)));
