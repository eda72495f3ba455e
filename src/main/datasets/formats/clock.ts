/**
 * A time of a list in milliseconds: seconds (`12.5`) or a time stamp (`00:00:12.50`, `1:02`).
 * @returns undefined if it is none
 */
export function millisecondsOf(text: string): number | undefined {
  const match = /^(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d+)?|\.\d+)$/.exec(text.trim())
  if (match === null) return undefined
  const [, hours = '0', minutes = '0', seconds = ''] = match
  if (
    text.includes(':') &&
    (Number(seconds.replace(',', '.')) >= 60 || (match[1] !== undefined && Number(minutes) >= 60))
  )
    return undefined
  return Math.round(((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds.replace(',', '.'))) * 1000)
}
