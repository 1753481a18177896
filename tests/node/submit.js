// Hand mails over by nodemailer, as a service would.
//
// In: {"transport": its options, "mails": [its messages]}. Out: for each mail, in order, what the
// server answered
// or what nodemailer says went wrong.
const nodemailer = require("nodemailer");

async function main(asked) {
  const transport = nodemailer.createTransport(asked.transport);
  const results = await Promise.all(
    asked.mails.map((mail) =>
      transport.sendMail(mail).then(
        ({ response, accepted, rejected }) => ({ response, accepted, rejected }),
        ({ code, responseCode, response, command }) => ({ code, responseCode, response, command }),
      ),
    ),
  );
  transport.close();
  process.stdout.write(JSON.stringify(results));
}

let given = "";
process.stdin.on("data", (piece) => (given += piece));
process.stdin.on("end", () => main(JSON.parse(given)));
