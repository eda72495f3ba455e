// Read as text and evaluated in the page several times, so it declares functions but no constants. Returns the elements that break
// a rule, by the names that axe-core gives the rules: label-content-name-mismatch, target-size (WCAG 2.5.8), aria-input-field-name,
// landmark-unique and heading-order.

function checkRules() {
  return {
    labelContentName: controls()
      .filter(
        (element) =>
          element.hasAttribute('aria-label') && !element.matches('[role=combobox]') && visibleText(element) !== '',
      )
      .filter((element) => !squeezed(nameOf(element)).includes(squeezed(visibleText(element))))
      .map((element) => `${nameOf(element)} ≠ ${visibleText(element)}`),
    targetSize: smallTargets(),
    inputFieldName: [
      ...document.querySelectorAll(
        '[role=combobox], [role=listbox], [role=searchbox], [role=slider], [role=spinbutton], [role=textbox]',
      ),
      ...document.querySelectorAll('input:not([type=hidden]), select, textarea'),
    ]
      .filter((element) => isShown(element) && nameOf(element) === '')
      .map(describe),
    landmarkUnique: repeated(
      [
        ...document.querySelectorAll(
          'main, nav, aside, header, form[aria-label], section[aria-label], section[aria-labelledby], [role=region], [role=navigation]',
        ),
      ]
        .filter(
          (element) => isShown(element) && !(element.matches('header') && element.closest('main, section, aside, nav')),
        )
        .map((element) => `${landmarkOf(element)} "${nameOf(element)}"`),
    ),
    headingOrder: headings()
      .filter(({ level }, index, all) => level > (all[index - 1]?.level ?? levelAround()) + 1)
      .map(({ level, text }) => `h${level} ${text}`),
  }
}

function describe(element) {
  return element.outerHTML.slice(0, 120)
}

function controls() {
  return [
    ...document.querySelectorAll('button, a[href], [role=button], [role=tab], [role=checkbox], [role=switch]'),
  ].filter(isShown)
}

function isShown(element) {
  const { width, height } = element.getBoundingClientRect()
  return (
    width > 1 &&
    height > 1 &&
    getComputedStyle(element).visibility !== 'hidden' &&
    element.closest('[aria-hidden=true], [inert], .sr-only') === null
  )
}

/** The accessible name from labels and text, without hidden content. */
function nameOf(element) {
  const byId = (element.getAttribute('aria-labelledby') ?? '')
    .split(' ')
    .map((id) => document.getElementById(id)?.textContent ?? '')
    .join(' ')
  const label = element.getAttribute('aria-label') ?? ''
  const own = element.labels?.[0]?.textContent ?? ''
  const text = element.matches('button, a, [role=tab]') ? element.textContent : ''
  return (
    [label, byId, own, text, element.title, element.placeholder ?? ''].find((name) => name.trim() !== '')?.trim() ?? ''
  )
}

function visibleText(element) {
  const copy = element.innerText ?? ''
  const hidden = [...element.querySelectorAll('.sr-only, [aria-hidden=true]')].map((each) => each.innerText ?? '')
  return hidden.reduce((text, part) => text.replace(part, ''), copy).trim()
}

function squeezed(text) {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}%.]+/gu, ' ')
    .trim()
}

/** Controls below 24 × 24 pixels whose circle of 24 pixels meets another control, and that are not in a sentence. */
function smallTargets() {
  const targets = controls().map((element) => ({ element, box: element.getBoundingClientRect() }))
  return targets
    .filter(({ box }) => Math.round(box.width * 10) < 240 || Math.round(box.height * 10) < 240)
    .filter(({ element }) => !(element.matches('a') && element.closest('p, dd') !== null))
    .filter(({ element, box }) =>
      targets.some((other) => {
        if (other.element === element || other.element.contains(element) || element.contains(other.element))
          return false
        const x = (box.left + box.right) / 2
        const y = (box.top + box.bottom) / 2
        const isSmall = other.box.width < 24 || other.box.height < 24
        const nearX = isSmall
          ? (other.box.left + other.box.right) / 2
          : Math.min(Math.max(x, other.box.left), other.box.right)
        const nearY = isSmall
          ? (other.box.top + other.box.bottom) / 2
          : Math.min(Math.max(y, other.box.top), other.box.bottom)
        return Math.hypot(x - nearX, y - nearY) < (isSmall ? 24 : 12)
      }),
    )
    .map(({ element }) => describe(element))
}

function landmarkOf(element) {
  return element.getAttribute('role') ?? element.tagName.toLowerCase()
}

function repeated(names) {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}

/** Level of the heading before the first one: a dialog belongs to a page with a title. */
function levelAround() {
  return document.querySelector('[role=dialog]') === null ? 0 : 1
}

/** Headings of the open dialog, or else of the page. */
function headings() {
  const dialog = document.querySelector('[role=dialog]')
  const found = [...(dialog ?? document).querySelectorAll('h1, h2, h3, h4, h5, h6, [role=heading]')].filter(
    (element) => element.getClientRects().length > 0 && element.closest('[aria-hidden=true]') === null,
  )
  return found.map((element) => ({
    level: Number(element.getAttribute('aria-level') ?? element.tagName.slice(1)),
    text: element.textContent.trim(),
  }))
}

// The value of the script.
checkRules()
