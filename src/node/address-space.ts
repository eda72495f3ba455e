import { readFileSync } from 'node:fs'
import { systemCode } from '#contract/api/errors.ts'
import { formatBytes } from '#contract/format.ts'

/** A sentence about the limit of the address space of this process and its children, if there is one (Linux: `ulimit -v`). */
export function describeAddressSpaceLimit(): string | undefined {
  const bytes = Number(/^Max address space\s+(\d+)/m.exec(readLimits())?.[1] ?? Number.NaN)
  return Number.isNaN(bytes)
    ? undefined
    : `The address space of processes is limited to ${formatBytes(bytes)} (ulimit -v), of which engines reserve more than they use: raise or remove this limit first.`
}

function readLimits(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch (cause) {
    if (systemCode(cause) === undefined) throw cause
    return ''
  }
}
