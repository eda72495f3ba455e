/** The browser and system in a `User-Agent` header: `Firefox on Linux`. Browsers name others for compatibility, so the order counts. */
export function browserName(userAgent: string | undefined): string {
  const given = userAgent ?? ''
  const browser = browsers.find(([, pattern]) => pattern.test(given))?.[0] ?? 'A browser'
  const system = systems.find(([, pattern]) => pattern.test(given))?.[0]
  return system === undefined ? browser : `${browser} on ${system}`
}

const browsers = [
  ['Edge', /\bEdgA?\//],
  ['Opera', /\bOPR\//],
  ['Firefox', /\bFirefox\//],
  ['Chrome', /\b(Headless)?Chrome\//],
  ['Safari', /\bSafari\//],
] as const

const systems = [
  ['Android', /Android/],
  ['iOS', /iPhone|iPad/],
  ['Windows', /Windows/],
  ['macOS', /Mac OS X/],
  ['Linux', /Linux|X11/],
] as const
