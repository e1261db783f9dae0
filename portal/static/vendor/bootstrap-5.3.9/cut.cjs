/* Cuts Bootstrap's style sheet to the parts that the portal uses. How to run it: ../README.md */
const fs = require("fs");
const { PurgeCSS } = require("purgecss");

const [source, target] = process.argv.slice(2);

const elements = `html body h1 h2 h3 p a b strong small ul ol li dl dt dd hr img svg table caption thead tbody tfoot tr
  th td label button input select option optgroup textarea fieldset legend summary details`;
const parts = `small row btn btn-primary btn-sm form-control form-select form-check form-check-input form-check-label
  form-label form-text input-group input-group-text is-invalid visually-hidden`;
const utilities = [
  /^m[tb]-([0-5]|auto)$/, /^p[xy]?-[0-5]$/, /^gap-[23]$/, /^gx-3$/, /^col-(6|12|sm-[46]|lg-[89])$/, /^d-(flex|grid|lg-none)$/,
  /^flex-(wrap|column)$/, /^justify-content-(center|between)$/, /^align-items-(start|end|center|baseline)$/,
  /^text-(end|break|body)$/, /^fw-(normal|semibold)$/, /^w-100$/,
];
const attributes = ["type", "href", "class", "role", "hidden", "list", "title", "multiple", "size", "disabled"];
const never = [/was-validated/, /valid-/, /form-floating/, /dropdown/, /data-bs-theme=dark/, /form-switch/, /btn-(check|close|group)/,
  /btn-outline/, /btn-link/, /has-validation/, /-(lg|plaintext|color|file)$/, /modal/, /carousel/];

new PurgeCSS()
  .purge({
    content: [{ raw: "", extension: "html" }],
    css: [source],
    variables: true,
    keyframes: true,
    safelist: { standard: [...elements.split(/\s+/), ...parts.split(/\s+/), ...utilities] },
    dynamicAttributes: attributes,
    blocklist: never,
  })
  .then(([{ css }]) => {
    /* The content security policy allows no data: images; portal.css gives select, checkbox and radio theirs. */
    const clean = css
      .replace(/([{;])[^{};]*:url\("data:(?:[^"\\]|\\.)*"\)[^;}]*/g, "$1")
      .replace(/([{;]);+/g, "$1")
      .replace(/;}/g, "}")
      .replace(/[^{}]+\{\}/g, "")
      .replace(/}/g, "}\n");
    fs.writeFileSync(target, clean);
  });
