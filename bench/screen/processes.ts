import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'

/** Processor time of a Linux process since its start, in milliseconds. */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  // Fields 14 and 15 of proc(5) in ticks of 10 ms; the first two are cut off.
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Resident memory of a Linux process in bytes, now or at its highest. */
export function residentBytes(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(new RegExp(`^${which}:\\s+(\\d+) kB`, 'm'))
  return Number(line?.[1] ?? Number.NaN) * 1024
}

/** Ids of a Linux process and the processes that it started. */
export function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [pid, ...(children === '' ? [] : children.split(' ').flatMap((id) => familyOf(Number(id))))]
}

/** The link that `serve` prints when the studio is open; before it, it may build the window. */
export const linkFrom = (output: Readable): Promise<string> => printed(output, /http:\/\/\S+/)

/** The first match of a pattern in what a program prints. */
export async function printed(output: Readable, pattern: RegExp): Promise<string> {
  let text = ''
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    const match = pattern.exec(text)?.[0]
    if (match === undefined) continue
    output.resume()
    return match
  }
  throw new Error(`A program ended without printing ${pattern.source}: ${text}`)
}
