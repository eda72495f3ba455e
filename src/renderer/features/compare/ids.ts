/** Run ids from the address of the page, each once. The first is the baseline. */
export function parseIds(query: unknown): string[] {
  return typeof query === 'string' ? [...new Set(query.split(',').filter((id) => id !== ''))] : []
}

export const serializeIds = (ids: readonly string[]): string | undefined =>
  ids.length === 0 ? undefined : ids.join(',')

/** The ids with this one in front. */
export const withBaseline = (ids: readonly string[], id: string): string[] => [
  id,
  ...ids.filter((other) => other !== id),
]
