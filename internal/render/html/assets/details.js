// A record in full, its link to AWS's console, and copies.

// details shows all fields of a record.
function details(row) {
  const list = element("dl");
  head.fields.forEach((field, i) => {
    const value = rows[row][i], text = textOf(value, field.layout);
    const content = element("dd", {}, tree(value, field.layout));
    if (text !== "") content.append(copyButton(field.name, typeof value === "object" ? JSON.stringify(inflated(value, field.layout)) : text));
    list.append(element("div", {}, element("dt", {}, field.name), content));
  });
  const link = consoleLink(row, true);
  return element("div", { class: "record-details" }, list, ...(link ? [element("p", {}, link)] : []));
}

// tree shows a value, with lists and objects as lists of the page.
function tree(value, layout) {
  const text = textOf(value, layout);
  if (text === "") return element("span", { class: "empty" }, "–");
  if (layout.kind === "list" && ["object", "list", "map"].includes(layout.elem.kind)) {
    return element("ol", {}, ...value.map((item) => element("li", {}, tree(item, layout.elem))));
  }
  if (layout.kind === "object") {
    return element("ul", {}, ...layout.fields.map((field, i) => [field, value[i]]).filter(([field, item]) => textOf(item, field.layout) !== "")
      .map(([field, item]) => element("li", {}, element("span", { class: "name" }, field.name + " "), tree(item, field.layout))));
  }
  if (layout.kind === "map") {
    return element("ul", {}, ...Object.entries(value).map(([key, item]) => element("li", {}, element("bdi", { class: "name" }, shown(key) + " "), tree(item, layout.elem))));
  }
  return element("bdi", {}, shown(text));
}

function copyButton(name, text) {
  const button = element("button", { type: "button", class: "copy", "aria-label": "Copy " + name }, "Copy");
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    copy(text);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // the page may not be allowed to
    const area = element("textarea", { class: "offscreen" });
    area.value = text;
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    before?.focus({ preventScroll: true });
  }
  announce("Copied " + shown(text.slice(0, 60)));
}

// pages are the console's pages of resources by the start of their ids.
const pages = [
  ["i-", "ec2/home", "InstanceDetails:instanceId="], ["vol-", "ec2/home", "VolumeDetails:volumeId="], ["snap-", "ec2/home", "SnapshotDetails:snapshotId="],
  ["ami-", "ec2/home", "ImageDetails:imageId="], ["sg-", "ec2/home", "SecurityGroup:groupId="], ["eni-", "ec2/home", "NetworkInterface:networkInterfaceId="],
  ["vpc-", "vpcconsole/home", "VpcDetails:VpcId="], ["subnet-", "vpcconsole/home", "SubnetDetails:subnetId="],
];

// consoleURL returns the page of a record in AWS's console, or "".
function consoleURL(row) {
  const field = (name) => (columns.has(name) ? columns.get(name).text(row) : "");
  const region = field("Region"), host = Object.hasOwn(tail.consoles, region) ? tail.consoles[region] : "";
  if (!host) return "";
  const at = region ? "?region=" + encodeURIComponent(region) : "";
  let path = "/console/home" + at;
  const arn = field("Arn"), ids = ["Id", "InstanceId", "NetworkInterfaceId", ...head.order].map(field);
  const page = pages.find(([prefix]) => ids.some((id) => id.startsWith(prefix)));
  if (page) path = `/${page[1]}${at}#${page[2]}${encodeURIComponent(ids.find((id) => id.startsWith(page[0])))}`;
  else if (arn.startsWith("arn:")) path = "/go/view?arn=" + encodeURIComponent(arn);
  const url = new URL("https://" + host + path);
  return url.protocol === "https:" && url.host === host ? url.href : "";
}

function consoleLink(row, long) {
  const url = consoleURL(row);
  if (!url) return null;
  const account = columns.has("AccountId") ? columns.get("AccountId").text(row) : "";
  const label = "Open in AWS's console" + (account ? ", signed in to account " + shown(account) : "");
  return element("a", { href: url, target: "_blank", rel: "noreferrer noopener", title: label, "aria-label": long ? undefined : label, tabindex: long ? undefined : "-1" }, long ? label : "Open ↗");
}
