// A scene under its class maps; a click, a tap or the arrow keys show a spectrum. What is seen stands in the
// address after "#", so that a view can be kept and sent: pixel=ROW,COL & map=N & off=3,7 & opacity=0.6.
// Rows and columns are those of the cube; the picture and the spectra kept may be every so manieth of them.
"use strict";

const scene = JSON.parse(document.getElementById("scene").textContent);
const at = (id) => document.getElementById(id);
const view = { pixel: null, map: 0, off: new Set(), opacity: 0.6 };

async function unpack(text, Kind) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Kind(await new Response(stream).arrayBuffer());
}

function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  const pixel = (said.get("pixel") || "").split(",").map(Number);
  view.pixel = pixel.length === 2 && pixel.every(Number.isInteger) ? inside(...pixel) : null;
  view.map = Math.min(scene.maps.length - 1, Math.max(0, Number(said.get("map")) || 0));
  view.off = new Set((said.get("off") || "").split(",").filter(Boolean).map(Number));
  const opacity = parseFloat(said.get("opacity"));
  view.opacity = Number.isFinite(opacity) ? Math.min(1, Math.max(0, opacity)) : 0.6;
}

function writeAddress() {
  const says = new URLSearchParams();
  if (view.pixel) says.set("pixel", view.pixel.join(","));
  if (view.map > 0) says.set("map", view.map);
  if (view.off.size) says.set("off", [...view.off].join(","));
  says.set("opacity", view.opacity);
  history.replaceState(null, "", "#" + says.toString().replaceAll("%2C", ","));
}

// The pixel nearest to this one whose spectrum is kept.
function inside(row, col) {
  const { step, rows, cols } = scene.spectra;
  const kept = (at, count) => step * Math.min(count - 1, Math.max(0, Math.round(at / step)));
  return [kept(row, rows), kept(col, cols)];
}

function drawMap() {
  const canvas = at("classes");
  canvas.style.opacity = view.opacity;
  const map = scene.maps[view.map];
  if (!map) return;
  const colours = map.classes.map((item) => [1, 3, 5].map((k) => parseInt(item.colour.slice(k, k + 2), 16)));
  const image = new ImageData(scene.cols, scene.rows);
  map.values.forEach((label, place) => {
    if (label && !view.off.has(label)) image.data.set([...colours[label - 1], 255], 4 * place);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function drawLegend() {
  const map = scene.maps[view.map];
  at("legend").replaceChildren(...(map ? map.classes : []).map((item, place) => {
    const line = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = !view.off.has(place + 1);
    box.addEventListener("change", () => {
      view.off[box.checked ? "delete" : "add"](place + 1);
      drawMap();
      writeAddress();
    });
    const swatch = document.createElement("i");
    swatch.style.background = item.colour;
    const share = document.createElement("span");
    share.textContent = (100 * item.share).toFixed(item.share < 0.1 ? 1 : 0) + " %";
    line.append(box, swatch, item.name, share);
    return line;
  }));
}

function spectrumAt(row, col) {
  const { step, cols, axis, low, scale, values } = scene.spectra;
  const first = ((row / step) * cols + col / step) * axis.length;
  return axis.map((_, k) => {
    const packed = values[first + k];
    return packed === 65535 ? null : low[k] + packed * scale[k];
  });
}

function labelAt(map, row, col) {
  const kept = (at, count) => Math.min(count - 1, Math.round(at / scene.step));
  return map.values[kept(row, scene.rows) * scene.cols + kept(col, scene.cols)];
}

// Where a line is to be broken: at numbers that are missing and at jumps of the axis.
function pieces(axis, numbers, x, y) {
  const steps = axis.slice(1).map((value, k) => value - axis[k]).sort((a, b) => a - b);
  const gap = axis.length < 20 ? Infinity : 2.5 * steps[Math.floor(steps.length / 2)];
  let path = "", pen = "M";
  axis.forEach((value, k) => {
    if (numbers[k] === null || (k && value - axis[k - 1] > gap)) pen = "M";
    if (numbers[k] === null) return;
    path += `${pen}${x(value).toFixed(1)} ${y(numbers[k]).toFixed(1)}`;
    pen = "L";
  });
  return path;
}

const finite = (numbers) => numbers.filter((value) => value !== null);
const mean = (numbers) => finite(numbers).reduce((a, b) => a + b, 0) / Math.max(1, finite(numbers).length);

function ticks(low, high) {
  const rough = (high - low) / 5, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  const out = [];
  for (let k = Math.ceil(low / step); k * step <= high; k++) out.push(Number((k * step).toPrecision(10)));
  return out;
}

function drawChart(lines) {
  const width = Math.max(320, at("chart").parentElement.clientWidth), height = 340;
  const left = 58, bottom = 300, top = 12, right = width - 12;
  at("chart").setAttribute("viewBox", `0 0 ${width} ${height}`);
  const xs = lines.flatMap((line) => line.axis), ys = lines.flatMap((line) => finite(line.numbers));
  if (!ys.length) { at("chart").replaceChildren(); return; }
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const room = 0.04 * (y1 - y0 || 1);
  const x = (value) => left + ((right - left) * (value - x0)) / (x1 - x0 || 1);
  const y = (value) => bottom - ((bottom - top) * (value - y0 + room)) / (y1 - y0 + 2 * room || 1);
  const unit = scene.inNm ? 1000 : 1;
  const grid = ticks(x0 / unit, x1 / unit).map((value) =>
    `<text x="${x(value * unit)}" y="${bottom + 18}" text-anchor="middle">${value}</text>` +
    `<path class="tick" d="M${x(value * unit)} ${bottom}v4"/>`).join("") +
    ticks(y0, y1).map((value) =>
      `<text x="${left - 8}" y="${y(value) + 4}" text-anchor="end">${value}</text>` +
      `<path class="rule" d="M${left} ${y(value)}H${right}"/>`).join("");
  const drawn = lines.map((line) =>
    `<path class="${line.kind}" style="stroke:${line.colour}" d="${pieces(line.axis, line.numbers, x, y)}"/>`);
  at("chart").innerHTML = grid + `<path class="tick" d="M${left} ${bottom}H${right}"/>` +
    `<text x="${(left + right) / 2}" y="${height - 6}" text-anchor="middle">` +
    `${scene.inNm ? "wavelength, µm" : "band"}</text>` + drawn.join("");
}

function place(row, col) {
  const t = scene.transform;
  const words = [`row ${row}, column ${col}`];
  if (t) {
    const [x, y] = [0, 3].map((k) => t[k] * (col + 0.5) + t[k + 1] * (row + 0.5) + t[k + 2]);
    words.push(`${Number(x.toPrecision(9))}, ${Number(y.toPrecision(9))} ${scene.unit}`.trim());
  }
  return words.join("; ");
}

// A class mean may be of other bands and another scale than the cube shown: it is moved to the same level.
function levelled(axis, numbers, level) {
  const own = mean(numbers), factor = Math.abs(own) > 1e-9 ? level / own : 1;
  return { axis, numbers: numbers.map((value) => (value === null ? null : value * factor)), factor };
}

function drawPixel() {
  const cross = at("cross");
  cross.hidden = !view.pixel;
  if (!view.pixel) return;
  const [row, col] = view.pixel, axis = scene.spectra.axis, numbers = spectrumAt(row, col);
  cross.style.left = (100 * (col / scene.step + 0.5)) / scene.cols + "%";
  cross.style.top = (100 * (row / scene.step + 0.5)) / scene.rows + "%";
  const map = scene.maps[view.map], label = map ? labelAt(map, row, col) : 0;
  const lines = [{ axis, numbers, kind: "own", colour: "var(--ink)" }];
  const words = [place(row, col), finite(numbers).length ? "the thin plain line: its spectrum" : "no data"];
  if (map) words.push(label ? map.classes[label - 1].name : "no class");
  if (label && map.axis.length) compare(lines, words, map, map.classes[label - 1], mean(numbers));
  at("said").textContent = words.join("; ") + ".";
  at("said").dataset.spectrum = JSON.stringify(numbers);
  drawChart(lines);
}

function compare(lines, words, map, item, level) {
  const moved = levelled(map.axis, item.mean, level || mean(item.mean));
  const scaled = Math.abs(moved.factor - 1) > 0.005 ? ` × ${moved.factor.toPrecision(3)}` : "";
  lines.push({ ...moved, kind: "mean", colour: item.colour });
  words.push(`the thick line: the mean of the class${scaled}`);
  if (!item.matches.length) return;
  const [first] = item.matches;
  lines.push({ ...levelled(map.axis, first.spectrum, level || mean(item.mean)), kind: "match", colour: "var(--soft)" });
  const names = item.matches.map((match) => `${match.name} (${match.angle}°)`);
  words.push(`nearest in the library to that mean: ${names.join(", ")}; the dashed line: the first, scaled`);
}

function choose(row, col) {
  view.pixel = inside(row, col);
  drawPixel();
  writeAddress();
}

function listen() {
  const stage = at("stage");
  stage.addEventListener("click", (event) => {
    const box = stage.getBoundingClientRect();
    choose(scene.step * Math.floor(((event.clientY - box.top) / box.height) * scene.rows),
      scene.step * Math.floor(((event.clientX - box.left) / box.width) * scene.cols));
  });
  stage.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (!moves[event.key]) return;
    event.preventDefault();
    const far = scene.spectra.step * (event.shiftKey ? 10 : 1);
    const here = view.pixel || [(scene.step * scene.rows) / 2, (scene.step * scene.cols) / 2];
    choose(here[0] + far * moves[event.key][0], here[1] + far * moves[event.key][1]);
  });
  at("opacity").addEventListener("input", () => {
    view.opacity = Number(at("opacity").value);
    at("classes").style.opacity = view.opacity;
    writeAddress();
  });
  at("map").addEventListener("change", () => {
    view.map = Number(at("map").value);
    view.off.clear();
    show();
    writeAddress();
  });
  at("all").addEventListener("click", () => { view.off.clear(); show(); writeAddress(); });
  at("none").addEventListener("click", () => {
    view.off = new Set(scene.maps[view.map].classes.map((_, place) => place + 1));
    show();
    writeAddress();
  });
  addEventListener("hashchange", () => { readAddress(); show(); });
  addEventListener("resize", drawPixel);
}

function show() {
  at("opacity").value = view.opacity;
  at("map").value = view.map;
  drawMap();
  drawLegend();
  drawPixel();
}

async function start() {
  at("picture").src = scene.picture;
  Object.assign(at("classes"), { width: scene.cols, height: scene.rows });
  at("stage").style.aspectRatio = `${scene.cols} / ${scene.rows}`;
  at("controls").hidden = scene.maps.length === 0;
  at("map").replaceChildren(...scene.maps.map((map, place) => new Option(map.name, place)));
  at("map").parentElement.hidden = scene.maps.length < 2;
  scene.spectra.values = await unpack(scene.spectra.data, Uint16Array);
  for (const map of scene.maps) map.values = await unpack(map.labels, Uint16Array);
  readAddress();
  view.pixel ??= inside((scene.step * scene.rows) / 2, (scene.step * scene.cols) / 2);
  listen();
  show();
  document.documentElement.dataset.ready = "yes";
}

start().catch((problem) => {
  at("said").textContent = `This browser cannot unpack the scene (${problem.message}); the pictures below do without.`;
});
