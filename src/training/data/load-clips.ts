import { StudioError } from '#contract/api/errors.ts'
import type { Sample } from '#contract/domain/dataset.ts'
import type { BatchClip } from '#contract/domain/divergence.ts'
import type { ClipPixels, ClipPlan } from './clip.ts'
import { writePixels } from './normalize.ts'
import type { PixelMemory } from './pixel-memory.ts'
import type { DataSource } from './source.ts'

/** A sample with the plan of its clip. */
export interface PlannedClip {
  readonly sample: Sample
  readonly plan: ClipPlan
}

/** A sample with the pixels of its clip, one array for each size of the plan. */
export interface LoadedClip extends PlannedClip {
  readonly pixels: readonly ClipPixels[]
}

/** Clips with their normalised pixels: one array [clips, 3, T, S, S] for each size of the plans. */
export interface StackedClips {
  readonly clips: readonly PlannedClip[]
  readonly stacks: readonly Float32Array[]
}

/** The clip as a report names it. */
export const batchClipOf = ({ sample, plan }: PlannedClip): BatchClip => ({
  video: sample.video.path,
  frames: [...plan.frameIndices],
})

/** The clips of a batch. Attempt 0 is the first choice for a position; others replace a video that cannot be read. */
export type PlanClip = (index: number, attempt: number) => PlannedClip

const replacementAttempts = 8

/** Loads clips of one data source; reports each video that cannot be read once. */
export class ClipLoader {
  readonly #source: DataSource
  readonly #reported = new Set<string>()

  constructor(source: DataSource) {
    this.#source = source
  }

  /** Loads clips side by side. A clip whose video cannot be read is `undefined`. */
  async loadReadable(clips: readonly PlannedClip[]): Promise<(LoadedClip | undefined)[]> {
    const loaded = await Promise.all(clips.map((clip) => this.#load(clip, 'It is skipped.')))
    return loaded.map((clip) => (clip instanceof StudioError ? undefined : clip))
  }

  /**
   * Loads `count` clips side by side and stacks their normalised pixels, one array [count, 3, T, S, S] of `memory` for each size of the plan. A
   * video that cannot be read is replaced by that of the next attempt.
   * @throws StudioError `video-unreadable` if more than half of the first choices, or nine videos for one position, cannot
   * be read.
   */
  async loadAll(count: number, plan: PlanClip, memory: PixelMemory): Promise<StackedClips> {
    const stacks: Float32Array[] = []
    const load = async (index: number, attempt: number): Promise<PlannedClip | StudioError> => {
      const clip = await this.#load(plan(index, attempt), 'Another video replaces it.')
      if (clip instanceof StudioError) return clip
      // At once, so that few clips are in memory besides those in the stacks.
      for (const [size, pixels] of clip.pixels.entries()) {
        const stack = (stacks[size] ??= memory.take(count * pixels.length))
        writePixels(stack, pixels, index * pixels.length)
      }
      this.release(clip)
      return { sample: clip.sample, plan: clip.plan }
    }
    // After an error, others of its clips may still be written into the stacks: their memory is not used again.
    return { clips: await replaceUnreadable(count, load), stacks }
  }

  /** Uses the memory of a clip's pixels again, which nothing reads any more. */
  release({ pixels }: LoadedClip): void {
    this.#source.reader.release?.(pixels)
  }

  async #load({ sample, plan }: PlannedClip, consequence: string): Promise<LoadedClip | StudioError> {
    try {
      return { sample, plan, pixels: await this.#source.reader.read(plan) }
    } catch (cause) {
      if (!(cause instanceof StudioError) || cause.code !== 'video-unreadable') throw cause
      if (!this.#reported.has(sample.video.id)) {
        this.#reported.add(sample.video.id)
        this.#source.warn(`${cause.message} ${consequence}`)
      }
      return cause
    }
  }
}

/** Loads the first choice for each position, and others for those that cannot be read. */
async function replaceUnreadable(
  count: number,
  load: (index: number, attempt: number) => Promise<PlannedClip | StudioError>,
): Promise<PlannedClip[]> {
  const first = await Promise.all(Array.from({ length: count }, (_, index) => load(index, 0)))
  const failures = first.filter((clip) => clip instanceof StudioError)
  const [example] = failures
  if (example !== undefined && failures.length * 2 > count) throw tooManyUnreadable(failures.length, count, example)
  return Promise.all(
    first.map(async (clip, index) => {
      if (!(clip instanceof StudioError)) return clip
      for (let attempt = 1; attempt <= replacementAttempts; attempt++) {
        const replacement = await load(index, attempt)
        if (!(replacement instanceof StudioError)) return replacement
      }
      throw clip
    }),
  )
}

function tooManyUnreadable(failures: number, count: number, example: StudioError): StudioError {
  return new StudioError(
    'video-unreadable',
    `${failures} of the ${count} videos of a batch cannot be read, for example ${example.message}`,
    'Check that the disk with the videos is connected, then check the dataset to see which files have changed.',
    { cause: example },
  )
}
