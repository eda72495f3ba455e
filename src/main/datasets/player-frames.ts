import { join } from 'node:path'
import { StudioError } from '#contract/api/errors.ts'
import type { TaskInput } from '#contract/api/tasks.ts'
import type { Video } from '#contract/domain/dataset.ts'
import type { FramesRequest } from '#contract/domain/video-frames.ts'

/** Largest frames of the player. */
const playerSize = { width: 640, height: 480 }

/** The task that decodes frames for the player, in the proportions of the video. @throws StudioError `not-found` */
export function framesTask(
  { dataset, video: id, from, count }: FramesRequest,
  root: string,
  video: Video | undefined,
): TaskInput<'video-frames'> {
  if (video === undefined)
    throw new StudioError('not-found', `The dataset ${dataset} has no video ${id}.`, 'Load the page again.')
  const { path, width, height } = video
  const scale = Math.min(1, playerSize.width / width, playerSize.height / height)
  const fitted = (length: number): number => Math.max(1, Math.round(length * scale))
  return { file: join(root, path), width: fitted(width), height: fitted(height), from, count }
}
