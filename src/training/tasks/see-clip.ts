import type { Task } from '#node/serve-task.ts'
import { seenClip } from '../pictures/seen-clip.ts'
import { readManifestFile } from '../run/read-run.ts'
import { stageClips } from '../stages/seen-clips.ts'
import { openDecoder } from '../video/decode/open-decoder.ts'
import { createVideoPool } from '../video/worker/pool.ts'

/** Shows what a stage takes of a sample in an epoch. */
export const seeClip: Task<'see-clip'> = async ({
  manifest: file,
  splitSet,
  exclusions,
  frameCache,
  seed,
  ...input
}) => {
  const manifest = readManifestFile(file, splitSet, exclusions)
  const pool = createVideoPool({ frameCache, workers: 1 })
  try {
    const source = { manifest, reader: pool, seed, warn: () => {} }
    const seen = await seenClip(source, await openDecoder(), stageClips(source, input), input)
    return { stage: input.task.stage, ...seen }
  } finally {
    await pool.dispose()
  }
}
