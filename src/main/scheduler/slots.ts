import type { ResourceRequest, Resources } from '#contract/domain/resources.ts'

/** Divides a machine into `count` equal slots. A slot takes one run at a time. */
export function slotsOf({ processors, memoryBytes }: Resources, count: number): Resources[] {
  const slot = {
    processors: Math.max(1, Math.floor(processors / count)),
    memoryBytes: Math.floor(memoryBytes / count),
  }
  return Array.from({ length: count }, () => slot)
}

/** Whether a slot has what a run requests. */
export const fits = ({ processors, memoryBytes }: ResourceRequest, slot: Resources): boolean =>
  (processors ?? 0) <= slot.processors && (memoryBytes ?? 0) <= slot.memoryBytes
