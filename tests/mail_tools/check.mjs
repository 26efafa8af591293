// What html-validate, caniemail and a list of spam words have against a page: JSON on stdout.
//
//   node check.mjs PAGE.html TEXT.txt      run in a folder in which package.json is installed
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/package.json`);
const load = (name) => import(require.resolve(name));
const [page, text] = process.argv.slice(2).map((path) => readFileSync(path, "utf8"));

const { HtmlValidate } = await load("html-validate");
const validate = new HtmlValidate({
  extends: ["html-validate:recommended", "html-validate:document"],
  rules: {
    // Mail programs read neither style sheets nor classes: styles have to be inline.
    "no-inline-style": "off",
    // The old attributes are what Outlook obeys; what else is deprecated is still refused.
    "no-deprecated-attr": "off",
    "deprecated": "error",
    // Premailer writes attributes as HTML allows them, and text that HTML reads as it is meant.
    "attr-quotes": "off",
    "no-trailing-whitespace": "off",
    "no-raw-characters": "off",
    "void-style": "off",
    "doctype-style": "off",
    // "presentation" is known to more mail programs than "none"; a parser adds the tbody.
    "presentation-role-style": "off",
    "prefer-tbody": "off",
    // Programs that read mail aloud know the role; the element main is dropped by many.
    "prefer-native-element": "off",
    // A page of a day may well have a title of 71 characters; no search engine reads it.
    "long-title": "off",
  },
});
const report = await validate.validateString(page);
const html = report.results.flatMap((r) => r.messages)
  .map((m) => `${m.ruleId}: ${m.message} (${m.line}:${m.column})`);

// Those that most readers use. What a client ignores must not be needed: see ALLOWED in the test.
const clients = ["gmail.*", "outlook.windows", "outlook.outlook-com", "outlook.ios",
  "apple-mail.macos", "apple-mail.ios", "thunderbird.macos"];
const { caniemail } = await load("caniemail");
const support = caniemail({ clients, html: page });
const features = {};
for (const level of ["errors", "warnings"]) {
  const found = new Set();
  for (const [client, issues] of support.issues[level]) {
    for (const issue of issues) found.add(`${issue.title} @ ${client}`);
  }
  features[level] = [...found].sort();
}

const { default: spam } = await load("spam-check");
const listed = [];
for (const word of new Set(text.toLowerCase().match(/[\p{L}'-]+/gu) ?? [])) {
  spam({ string: word, type: "full" }, (_error, told) => told.spam && listed.push(word));
}
process.stdout.write(JSON.stringify({ html, ...features, spam: listed }));
