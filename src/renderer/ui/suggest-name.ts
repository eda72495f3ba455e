/** Last segment of a path with either separator; empty for the root. */
export const lastSegment = (path: string): string => segmentsOf(path).at(-1) ?? ''

export const segmentsOf = (path: string): string[] => path.split(/[\\/]/).filter((segment) => segment !== '')

/** `Bed Falls (v2)` -> `bed-falls-v2`: lower-case letters, digits and hyphens. Short enough to append a number. */
export const toSlug = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, 58)
    .replace(/-+$/, '')

/** `text` as a slug, or `fallback` if nothing of it remains; with the first free number if the name is taken. */
export function suggestName(text: string, fallback: string, taken: ReadonlySet<string>): string {
  const slug = toSlug(text)
  const name = slug === '' ? fallback : slug
  if (!taken.has(name)) return name
  let number = 2
  while (taken.has(`${name}-${number}`)) number++
  return `${name}-${number}`
}

/** Path of a file in a folder, with the separator that the folder uses. */
export function joinPath(folder: string, name: string): string {
  const separator = folder.includes('\\') && !folder.includes('/') ? '\\' : '/'
  return folder.endsWith(separator) ? `${folder}${name}` : `${folder}${separator}${name}`
}
