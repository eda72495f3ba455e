import { readFileSync } from 'node:fs'

/** `VmHWM:	  123456 kB` in `/proc/self/status`. */
const highWater = /^VmHWM:\s*(\d+) kB$/m

/**
 * The most memory that this process has had in main memory so far, in MiB. What `getrusage` says counts on Linux what the process was
 * started from as well, which may be the studio in a window.
 */
export function peakMemoryMib(): number {
  const kibibytes =
    process.platform === 'linux' ? highWater.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] : undefined
  return Number(kibibytes ?? process.resourceUsage().maxRSS) / 1024
}
