/** A name for the dataset from its folder: `/data/Bed Falls (v2)` -> `bed-falls-v2`, with a number behind it when taken. */
export function suggestName(directory: string, taken: ReadonlySet<string>): string {
  const folder = directory.split(/[\\/]/).findLast((part) => part !== '') ?? ''
  const plain = folder
    .normalize('NFKD')
    .replaceAll(/\p{Mark}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 58)
  const name = plain === '' ? 'videos' : plain
  if (!taken.has(name)) return name
  let number = 2
  while (taken.has(`${name}-${number}`)) number++
  return `${name}-${number}`
}
