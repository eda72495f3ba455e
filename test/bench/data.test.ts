import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { z } from 'zod'

const indexed = z.object({
  files: z.literal(500),
  seconds: z.number().positive(),
  slowestAnswerMs: z.number().positive(),
  studioMib: z.number().positive(),
  allMib: z.number().positive(),
})

const report = z.object({
  clip: z.literal('16 × 112 × 112'),
  cached: z.object({
    readAtClipSize: z.number().positive(),
    read: z.number().positive(),
    pretraining: z.number().positive(),
    finetuning: z.number().positive(),
  }),
  decoding: z.object({ framesPerSecond: z.number().positive(), ffmpeg: z.null(), pyav: z.null(), decord: z.null() }),
  fromProcess: z.object({ clipsPerSecond: z.number().positive() }),
  index: process.platform === 'linux' ? indexed : z.null(),
  window: z.tuple([]),
})

test('the benchmark of the data measures each part, and leaves out programs that are not there and the window', async () => {
  const sizes = [
    '--clips',
    '8',
    '--rounds',
    '1',
    '--memory-clips',
    '8',
    '--ffmpeg',
    '/no/ffmpeg',
    '--python',
    '/no/python',
    '--files',
    '500',
    '--samples',
    '',
  ]
  const { stdout } = await promisify(execFile)(process.execPath, ['bench/data.ts', ...sizes, '--json'])
  expect(() => report.parse(JSON.parse(stdout))).not.toThrow()
}, 120_000)
