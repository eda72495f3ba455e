import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type ErrorReport, toStudioError } from '#contract/api/errors.ts'
import { openEncoder } from '../video/encode/encoder.ts'
import { planVideos } from './plan.ts'
import type { Recipe } from './recipe.ts'
import { renderVideo } from './render.ts'

/** What a worker writes: every `workers`-th video of the recipe, from number `first`. */
export interface WriteOrder {
  readonly recipe: Recipe
  readonly directory: string
  readonly first: number
  readonly workers: number
}

/** How many videos were written since the last message, or why the worker ended. */
export type WriteMessage = { readonly written: number } | { readonly error: ErrorReport }

const videosPerMessage = 16

// Entry of a worker process.
process.once('message', (order: WriteOrder) => void answer(order))
// The parent has ended.
process.once('disconnect', () => process.exit())

async function answer(order: WriteOrder): Promise<void> {
  try {
    await write(order)
  } catch (cause) {
    await send({ error: toStudioError(cause).report() })
  }
  process.disconnect()
}

async function write({ recipe, directory, first, workers }: WriteOrder): Promise<void> {
  const encoder = await openEncoder()
  const side = { width: recipe.size, height: recipe.size }
  let written = 0
  for (const [index, video] of planVideos(recipe).entries()) {
    if (index % workers !== first) continue
    // Encoding is synchronous: without a pause the end of the parent would not be seen.
    await setImmediate()
    await encoder.encode(join(directory, video.path), renderVideo(recipe, video, index), side, recipe.framesPerSecond)
    written += 1
    if (written < videosPerMessage) continue
    await send({ written })
    written = 0
  }
  if (written > 0) await send({ written })
}

const send = (message: WriteMessage) =>
  new Promise<void>((resolve) => {
    if (process.send === undefined) resolve()
    else process.send(message, () => resolve())
  })
