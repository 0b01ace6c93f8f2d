// What of a page is not as it should be: what lies outside of the window or of its drawing, what cannot be read.
(() => {
  const wrong = [];
  const told = (element, what) => wrong.push(`${what}: ${element.outerHTML.slice(0, 140)}`);
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) wrong.push(`the page is ${document.documentElement.scrollWidth} wide, the window ${width}`);
  for (const element of document.body.querySelectorAll('*')) {
    const inside = element.parentElement.closest('.scroll');
    const { left, right, width: wide } = element.getBoundingClientRect();
    if (!inside && wide > 0 && (left < -0.5 || right > width + 0.5)) told(element, `from ${left} to ${right} of ${width}`);
    if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && !element.closest('.scroll') && !element.closest('svg') && getComputedStyle(element).display !== 'inline') told(element, 'holds more than it shows');
  }
  for (const text of document.querySelectorAll('svg text')) {
    const own = text.getBoundingClientRect(), all = text.ownerSVGElement.getBoundingClientRect();
    if (own.left < all.left - 1 || own.right > all.right + 1 || own.top < all.top - 2 || own.bottom > all.bottom + 2) told(text, 'leaves its drawing');
  }
  for (const chart of document.querySelectorAll('svg.chart')) {
    const texts = [...chart.querySelectorAll('text')].map(text => [text, text.getBoundingClientRect()]);
    texts.forEach(([text, a], index) => texts.slice(0, index).forEach(([, b]) => {
      if (a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 3 && b.top < a.bottom - 3) told(text, 'lies on another');
    }));
  }
  const colour = text => { const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number); return { r, g, b, a }; };
  const light = ({ r, g, b }) => [r, g, b].map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let at = element; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found.a > 0) return found;
    }
    return { r: 255, g: 255, b: 255 };
  };
  let read = 0;
  for (const element of document.body.querySelectorAll('*')) {
    const says = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!says || element.tagName === 'title' || !element.getClientRects().length) continue;
    const style = getComputedStyle(element), drawn = element.tagName === 'text';
    const before = drawn && element.previousElementSibling?.classList.contains('node') ? element.previousElementSibling : null;
    const [a, b] = [light(colour(drawn ? style.fill : style.color)), light(before ? colour(getComputedStyle(before).fill) : behind(drawn ? element.ownerSVGElement : element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    read += 1;
    if (contrast < 4.5) told(element, `contrast ${contrast.toFixed(2)}`);
  }
  if (read < 10) wrong.push(`only ${read} texts are there`);
  return wrong;
})()
