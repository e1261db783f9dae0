/* Cuts Bootstrap's style sheet to the parts that the portal uses. How to run it: ../README.md */
const fs = require("fs");
const { PurgeCSS } = require("purgecss");

const [source, target] = process.argv.slice(2);

const elements = `html body h1 h2 h3 h4 p a b strong small abbr address ul ol li dl dt dd hr img svg table caption thead
  tbody tfoot tr th td label button input select option optgroup textarea fieldset legend summary details progress`;
const parts = `small row col btn btn-primary btn-danger btn-sm form-control form-select form-check form-check-input
  form-check-label form-label form-text input-group input-group-text is-invalid visually-hidden list-unstyled`;
const utilities = [
  /^[mp][tbxyse]?-([0-5]|auto)$/, /^gap-[0-5]$/, /^g[xy]?-[0-4]$/, /^col-\d+$/, /^col-(sm|md|lg)-\d+$/,
  /^d-(none|block|inline|inline-block|flex|grid)$/, /^d-(sm|md|lg)-(none|block|flex)$/,
  /^flex-(wrap|nowrap|column|fill|grow-1|shrink-0)$/, /^justify-content-(start|center|end|between)$/,
  /^align-items-(start|center|end|baseline)$/, /^align-self-(start|center|end)$/,
  /^text-(start|center|end|nowrap|break|body)$/, /^fw-(normal|semibold|bold)$/, /^w-100$/,
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
