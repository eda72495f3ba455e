import type { ProbeRecord } from '#contract/domain/probe.ts'

/** Probes on the same videos with the same classes, which are comparable. */
export interface ProbeGroup {
  key: string
  dataset: string
  labels: string
  chance: number
  records: ProbeRecord[]
}

/** Groups probes by dataset and label set. In a group the best comes first, and the newest of equals. */
export function probeGroups(records: readonly ProbeRecord[]): ProbeGroup[] {
  const groups = new Map<string, ProbeGroup>()
  for (const record of records) {
    const { name, digest, labels } = record.dataset
    const key = `${name} ${labels} ${digest}`
    const group = groups.get(key) ?? { key, dataset: name, labels, chance: record.chance.top1, records: [] }
    group.records.push(record)
    groups.set(key, group)
  }
  const sorted = [...groups.values()].map((group) => ({
    ...group,
    records: group.records.toSorted((a, b) => best(b) - best(a) || (a.createdAt < b.createdAt ? 1 : -1)),
  }))
  return sorted.toSorted((a, b) => a.dataset.localeCompare(b.dataset) || a.labels.localeCompare(b.labels))
}

const best = ({ knn, linear, attentive }: ProbeRecord): number =>
  Math.max(knn?.top1 ?? 0, linear?.top1 ?? 0, attentive?.top1 ?? 0)
