import { setTimeout as pause } from 'node:timers/promises'
import { EventPublisher } from '@orpc/server'
import { csvOf } from '#contract/csv.ts'
import type { ExclusionRequest } from '#contract/domain/exclusions.ts'
import type { Finding, FindingsPage, FindingsRequest, IntegritySummary } from '#contract/domain/integrity.ts'
import { verdicts } from '#contract/domain/integrity.ts'
import { type FakeDataset, falls } from './fake-data.ts'

/** What is wrong with `falls`: some of its videos, and files that are not in the dataset. */
const findings: readonly Finding[] = [
  { path: 'fall/clip-031.mp4', verdict: 'cut-off', reason: 'The file is cut off: it has 41 KiB of 1.4 MiB.' },
  {
    path: 'sitting/notes.mp4',
    verdict: 'unreadable',
    reason: 'This is not a video file: no known video format was found in it.',
  },
  { path: 'walking/empty.mov', verdict: 'no-frames', reason: 'The file is empty.' },
  ...falls.samples.slice(3, 17).map(({ video: { path } }): Finding => ({
    path,
    verdict: 'rotated',
    reason: 'It is stored rotated or mirrored, and shown upright.',
  })),
  ...falls.samples.slice(20, 23).map(({ video: { path } }, index): Finding => ({
    path,
    verdict: 'near-duplicate',
    reason: `It looks the same as ${falls.samples[40]!.video.path}.${index === 0 ? '' : ' It is in another split.'}`,
    isAcrossSplits: index > 0,
  })),
  {
    path: 'lying/new-clip.mp4',
    verdict: 'not-listed',
    reason: 'It is new since the import. Import the folder again to use it.',
  },
]

const samplesOf = ({ path }: Finding): string[] =>
  falls.samples.filter(({ video }) => video.path === path).map(({ id }) => id)

/** Verdicts and exclusions of the fake studio; only `falls` has any. */
export class FakeIntegrity {
  /** Sets of excluded samples by dataset, the current one last. */
  readonly #sets = new Map<string, ReadonlySet<string>[]>()
  readonly #running = new Map<string, { done: number; total: number; path: string }>()
  readonly #checked = new Map<string, number>()
  readonly #changes = new EventPublisher<{ changed: string }>()

  #excluded(name: string): ReadonlySet<string> {
    return this.#sets.get(name)?.at(-1) ?? new Set()
  }

  summary({ name, videoCount }: FakeDataset): IntegritySummary {
    const excluded = this.#excluded(name)
    const here = name === falls.name ? findings : []
    return {
      name,
      videos: videoCount,
      checked: this.#checked.get(name) ?? Math.floor(videoCount / 2),
      running: this.#running.get(name) ?? null,
      problem: null,
      isCompared: true,
      counts: verdicts.flatMap((verdict) => {
        const found = here.filter((finding) => finding.verdict === verdict)
        const samples = found.flatMap(samplesOf)
        if (found.length === 0) return []
        return {
          verdict,
          files: found.length,
          acrossSplits: found.filter(({ isAcrossSplits }) => isAcrossSplits === true).length,
          samples: samples.length,
          excluded: samples.filter((id) => excluded.has(id)).length,
        }
      }),
      exclusions: {
        number: this.#sets.get(name)?.length ?? 0,
        samples: excluded.size,
        chosen: 0,
        canUndo: excluded.size > 0,
      },
    }
  }

  async *watch(dataset: FakeDataset, signal: AbortSignal | undefined): AsyncGenerator<IntegritySummary, void, void> {
    yield this.summary(dataset)
    for await (const name of this.#changes.subscribe('changed', { signal }))
      if (name === dataset.name) yield this.summary(dataset)
  }

  verify(dataset: FakeDataset, pauseMs: number): IntegritySummary {
    const { name, videoCount: total } = dataset
    void (async () => {
      for (let done = Math.floor(total / 2); done < total; done += Math.ceil(total / 20)) {
        this.#running.set(name, { done, total, path: dataset.samples[done]!.video.path })
        this.#changes.publish('changed', name)
        await pause(40 * pauseMs)
        if (!this.#running.has(name)) return
        this.#checked.set(name, done)
      }
      this.#checked.set(name, total)
      this.cancel(dataset)
    })()
    return this.summary(dataset)
  }

  cancel(dataset: FakeDataset): IntegritySummary {
    this.#running.delete(dataset.name)
    this.#changes.publish('changed', dataset.name)
    return this.summary(dataset)
  }

  findings({ name, verdict, offset, limit }: FindingsRequest): FindingsPage {
    const found = name === falls.name ? findings.filter((finding) => finding.verdict === verdict) : []
    const excluded = this.#excluded(name)
    return {
      total: found.length,
      files: found.slice(offset, offset + limit).map((finding) => {
        const samples = samplesOf(finding)
        return { ...finding, samples, isExcluded: samples.length > 0 && samples.every((id) => excluded.has(id)) }
      }),
    }
  }

  exclude(dataset: FakeDataset, { verdicts: of, acrossSplits, samples }: ExclusionRequest): IntegritySummary {
    const chosen = findings.filter(
      ({ verdict, isAcrossSplits }) => of.includes(verdict) && (!acrossSplits || isAcrossSplits === true),
    )
    const set = new Set([...this.#excluded(dataset.name), ...samples, ...chosen.flatMap(samplesOf)])
    this.#sets.set(dataset.name, [...(this.#sets.get(dataset.name) ?? []), set])
    this.#changes.publish('changed', dataset.name)
    return this.summary(dataset)
  }

  undo(dataset: FakeDataset): IntegritySummary {
    this.#sets.get(dataset.name)?.pop()
    this.#changes.publish('changed', dataset.name)
    return this.summary(dataset)
  }

  report({ name }: FakeDataset): string {
    return csvOf([
      ['path', 'verdict'],
      ...(name === falls.name ? findings : []).map(({ path, verdict }) => [path, verdict]),
    ])
  }
}
