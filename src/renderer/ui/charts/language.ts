/**
 * Loaded before uPlot, which creates an `Intl.NumberFormat` for `navigator.language` on load.
 * Under a POSIX locale Chromium reports `en-US@posix`, which `Intl` rejects with a `RangeError`.
 */
if (!isLanguage(navigator.language))
  Object.defineProperty(navigator, 'language', { value: 'en-US', configurable: true })

function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0
  } catch (cause) {
    if (cause instanceof RangeError) return false
    throw cause
  }
}
