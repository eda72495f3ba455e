import { crc32 } from 'node:zlib'

/** The checksum at the end of a line of `events.jsonl`. */
const sealed = /,"crc":"([0-9a-f]{8})"\}$/

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0')

/** A JSON object with the CRC-32 of its text as its last field, `crc`, so that a damaged line is recognised even if it is still JSON. */
export const sealLine = (json: string): string => `${json.slice(0, -1)},"crc":"${checksum(json)}"}`

/** Whether the text of a line is what was written. Lines of earlier versions have no checksum and count as whole. */
export function isWhole(line: string): boolean {
  const found = sealed.exec(line)
  return found === null || checksum(`${line.slice(0, found.index)}}`) === found[1]
}
