import sharp from 'sharp'
import type { SeenClip, SeenClipRequest } from '#contract/domain/seen-clip.ts'
import type { FramesPage, FramesRequest } from '#contract/domain/video-frames.ts'
import { needsLabels } from '#contract/stages/index.ts'

const frames = [4, 8, 12, 16, 20, 24, 28, 32]

/** Frames side by side: a square that moves over a gradient; of a mask, every other tile is dark. */
async function strip(width: number, height: number, isMasked = false) {
  const raw = Buffer.alloc(frames.length * width * height * 3)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < frames.length * width; x++) {
      const [frame, column] = [Math.floor(x / width), x % width]
      const isInside =
        Math.abs(column - width * (0.2 + 0.08 * frame)) < height / 6 && Math.abs(y - height / 2) < height / 6
      const light = isMasked && (Math.floor(column / 8) + Math.floor(y / 8)) % 2 === 0 ? 0.2 : 1
      const at = (y * frames.length * width + x) * 3
      raw[at] = light * (isInside ? 230 : 60 + column)
      raw[at + 1] = light * (isInside ? 160 : 90 + y)
      raw[at + 2] = light * (isInside ? 60 : 130)
    }
  const picture = sharp(raw, { raw: { width: frames.length * width, height, channels: 3 } })
  return { width, height, webp: (await picture.webp({ lossless: true }).toBuffer()).toString('base64') }
}

/** What the model sees of any sample: nothing in epoch 7, to show how that looks. */
export async function fakeSeenClip({ of, epoch }: SeenClipRequest): Promise<SeenClip> {
  const stage = of.kind === 'run' ? 'distill' : of.stage
  const hasMask = !needsLabels(stage)
  return {
    stage,
    seed: of.kind === 'run' ? 0 : (of.seed ?? 0),
    epoch,
    stepsPerEpoch: 12,
    maskedShare: hasMask ? 0.5 : null,
    views:
      epoch === 7
        ? []
        : [
            {
              step: 12 * (epoch - 1) + 3,
              position: 5,
              view: stage === 'evaluate' ? { clip: 2, clips: 5, crop: 1, crops: 3 } : null,
              frames,
              crop: { x: 0.2, y: 0.1, width: 0.5, height: 0.75 },
              isFlipped: !hasMask,
              operations: hasMask ? [] : ['rotate', 'solarize'],
              original: await strip(112, 64),
              seen: await strip(64, 64),
              masked: hasMask ? await strip(64, 64, true) : null,
            },
          ],
  }
}

/** Frames of any video, eight at most. */
export async function fakeFrames({ from, count }: FramesRequest): Promise<FramesPage> {
  return { ...(await strip(320, 240)), from, count: Math.min(count, frames.length) }
}
