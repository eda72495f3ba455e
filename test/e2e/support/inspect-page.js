// Read as text and evaluated in the page several times, so it declares functions but no constants. Returns the texts with too
// little contrast, the texts that are cut off without a tooltip or label, and the horizontal overflow of the page.

async function inspectPage() {
  const finite = document
    .getAnimations()
    .filter((animation) => Number.isFinite(animation.effect?.getComputedTiming().endTime))
  await Promise.all(finite.map((animation) => animation.finished))

  const unreadable = new Set()
  const cut = new Set()
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim()
    const element = walker.currentNode.parentElement
    if (text === '' || isSkipped(element) || !isDrawn(walker.currentNode)) continue
    const { color, fontSize, fontWeight } = getComputedStyle(element)
    const size = Number.parseFloat(fontSize)
    const needed = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700) ? 3 : 4.5
    const found = contrastOf(element, color)
    if (found < needed) unreadable.add(`${found.toFixed(2)}: ${text.slice(0, 60)}`)
    if (isCut(element, text)) cut.add(text.slice(0, 60))
  }
  for (const field of document.querySelectorAll('input[placeholder]')) {
    if (field.value !== '' || isSkipped(field)) continue
    const found = contrastOf(field, getComputedStyle(field, '::placeholder').color)
    if (found < 4.5) unreadable.add(`${found.toFixed(2)}: ${field.placeholder}`)
  }

  const main = document.querySelector('#main')
  const overflow = Math.max(main.scrollWidth - main.clientWidth, document.documentElement.scrollWidth - innerWidth)
  return { unreadable: [...unreadable], cut: [...cut], overflow }
}

/** Elements for screen readers only, disabled or invisible ones. */
function isSkipped(element) {
  return (
    element.closest('.sr-only, script, style, :disabled, [aria-disabled="true"], [data-disabled]') !== null ||
    getComputedStyle(element).visibility === 'hidden'
  )
}

function isDrawn(node) {
  const range = document.createRange()
  range.selectNodeContents(node)
  const { width, height } = range.getBoundingClientRect()
  return width >= 2 && height >= 2
}

/** Text that is clipped and not available in full in a title or label. */
function isCut(element, text) {
  const around = lineageOf(element)
  const clipping = around.find(
    (each) => ['hidden', 'clip'].includes(getComputedStyle(each).overflowX) && each.scrollWidth > each.clientWidth + 1,
  )
  return (
    clipping !== undefined &&
    clipping.clientWidth > 2 &&
    !around.some((each) => each.title || each.getAttribute('aria-label')?.includes(text))
  )
}

/** Contrast of a text of this colour against its background, including the opacity of its ancestors. */
function contrastOf(element, colour) {
  const styles = lineageOf(element).map((each) => getComputedStyle(each))
  const behind = styles
    .toReversed()
    .reduce((back, style) => over(channelsOf(style.backgroundColor), back), [255, 255, 255, 1])
  const opacity = styles.reduce((product, style) => product * Number(style.opacity), 1)
  const [red, green, blue, alpha] = channelsOf(colour)
  const [dark, bright] = [luminanceOf(over([red, green, blue, alpha * opacity], behind)), luminanceOf(behind)].toSorted(
    (a, b) => a - b,
  )
  return (bright + 0.05) / (dark + 0.05)
}

function lineageOf(element) {
  return element === null ? [] : [element, ...lineageOf(element.parentElement)]
}

/** Red, green and blue from 0 to 255 and opacity from 0 to 1 of any CSS colour. */
function channelsOf(colour) {
  globalThis.inspected ??= new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const context = globalThis.inspected
  context.clearRect(0, 0, 1, 1)
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data
  return [red, green, blue, alpha / 255]
}

function over(front, back) {
  return [...[0, 1, 2].map((index) => front[index] * front[3] + back[index] * (1 - front[3])), 1]
}

/** Relative luminance as WCAG 2 defines it. */
function luminanceOf([red, green, blue]) {
  return 0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255)
}

function linear(channel) {
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
}

// The value of the script, a promise.
// oxlint-disable-next-line typescript/no-floating-promises
inspectPage()
