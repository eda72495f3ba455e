/**
 * Imported before uPlot, which makes a number format in the language of the browser as it loads.
 * Under a POSIX locale Chromium calls its language `en-US@posix`, a name that Intl refuses with an exception.
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
