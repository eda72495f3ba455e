import { readFileSync } from 'node:fs'

/** `VmHWM:	  123456 kB` in `/proc/self/status`. */
const highWater = /^VmHWM:\s*(\d+) kB$/m

/**
 * Peak resident memory of this process in MiB. On Linux `getrusage` includes the memory of the process that started this one, so the
 * kernel's own figure is read.
 */
export function peakMemoryMib(): number {
  const kibibytes =
    process.platform === 'linux' ? highWater.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] : undefined
  return Number(kibibytes ?? process.resourceUsage().maxRSS) / 1024
}
