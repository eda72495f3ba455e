import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { table } from '#main/shells/cli/output.ts'
import { framesName } from '#node/frame-folder.ts'
import { digestOfVideo } from '#node/video-digest.ts'
import { type ClipPlan, cutClip } from '#training/data/clip.ts'
import { decodedShortSide, decodedSize, type Size } from '#training/data/geometry.ts'
import { readCachedFrames, writeCachedFrames } from '#training/video/cache/frame-cache.ts'
import type { CacheKey } from '#training/video/cache/frame-layout.ts'
import { decodeArguments } from '#training/video/decode/ffmpeg.ts'
import { openDecoder } from '#training/video/decode/open-decoder.ts'
import { openEncoder } from '#training/video/encode/encoder.ts'
import { createVideoPool } from '#training/video/worker/pool.ts'
import { footage } from './data/footage.ts'
import { type IndexFigures, measureIndex } from './data/indexing.ts'
import { pythonRates, type PythonRates } from './data/python.ts'
import type { WindowFigures } from './data/window.ts'
import { residentBytes } from './screen/processes.ts'

/**
 * How fast clips get from the disk to training, each figure for one processor core: cached clips of 16 × 112 × 112 that are read and checked, then cropped and
 * resized as pre-training and fine-tuning do, then sent by a decoder process; frames that are decoded, beside the program ffmpeg (`--ffmpeg PATH`, by
 * default the one on the PATH) in turns on the same file, and beside PyAV and decord if `--python PYTHON` has them; the resident memory of a
 * decoder process over `--memory-clips` clips; the import of `--files` tiny videos with the index check; and the page of a dataset with each number of
 * `--samples` in the window, for which `npm run build` must have been run. Memory, import and window on Linux only; `--files 0` and `--samples ''` leave
 * them out.
 */
const { values } = parseArgs({
  options: {
    clips: { type: 'string', default: '400' },
    rounds: { type: 'string', default: '5' },
    'memory-clips': { type: 'string', default: '10000' },
    ffmpeg: { type: 'string', default: 'ffmpeg' },
    python: { type: 'string', default: 'python3' },
    files: { type: 'string', default: '250000' },
    samples: { type: 'string', default: '25000,250000' },
    json: { type: 'boolean', default: false },
  },
})
const [clips, rounds, memoryClips] = [Number(values.clips), Number(values.rounds), Number(values['memory-clips'])]
const samples = values.samples
  .split(',')
  .filter((text) => text !== '')
  .map(Number)
for (const count of samples)
  if (!Number.isInteger(count) || count < 1)
    throw new Error('--samples: expected whole numbers from 1, with commas between them.')
const files = Number(values.files)
if (!Number.isInteger(files) || files < 0) throw new Error('--files: expected a whole number.')
const imageSize = 112
const clipFrames = 16
const videoCount = 12
const videoFrames = 96
/** A video as it is downloaded; clips are cut from it at its decoded size. */
const source: Size = { width: 640, height: 360 }

let memory = Buffer.alloc(0)

const folder = mkdtempSync(join(tmpdir(), 'mvd-data-'))
try {
  const report = {
    clip: `${clipFrames} × ${imageSize} × ${imageSize}`,
    cached: cachedClips(join(folder, 'frames')),
    ...(await decodedFrames()),
    index: process.platform === 'linux' && files > 0 ? await measureIndex(files) : null,
    window: process.platform === 'linux' ? await windows() : [],
  }
  const lines: [string, string][] = [
    ['Cached clips read and checked, per core', perSecond(report.cached.readAtClipSize)],
    [`… at the size that training caches (${report.cached.decodedSize})`, perSecond(report.cached.read)],
    ['… at that size, compressed', perSecond(report.cached.readCompressed)],
    ['… read, cropped and resized for pre-training', perSecond(report.cached.pretraining)],
    ['… read, cropped, resized, normalised and erased for fine-tuning', perSecond(report.cached.finetuning)],
    ['Clips from one decoder process, by the clock', perSecond(report.fromProcess.clipsPerSecond)],
    ['Frames decoded per core', `${format(report.decoding.framesPerSecond)}/s (${report.decoding.decoder})`],
    [
      '… by the program ffmpeg to raw RGB',
      report.decoding.ffmpeg === null
        ? 'not measured: there is no ffmpeg on the PATH; give one with --ffmpeg PATH'
        : `${format(report.decoding.ffmpeg.framesPerSecond)}/s (${report.decoding.ffmpeg.version})`,
    ],
    ['… by PyAV to RGB with the same scaling', pythonText('PyAV', report.decoding.pyav)],
    ['… by PyAV to RGB with its own scaling', pythonText('PyAV', report.decoding.pyavOwn)],
    ['… by decord to RGB', pythonText('decord', report.decoding.decord)],
    ...(report.memory === null
      ? []
      : [
          [
            `Resident memory of a decoder process over ${format(report.memory.clips)} clips`,
            report.memory.mib.map(([clip, mib]) => `${mib} MiB after ${format(clip)}`).join(', '),
          ] satisfies [string, string],
        ]),
    ...(report.index === null ? [] : indexLines(report.index)),
    ...report.window.flatMap(windowLines),
  ]
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : `${table(['', ''], lines)}\n`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function format(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function perSecond(value: number): string {
  return `${format(value)} clips/s`
}

function pythonText(name: string, figures: PythonRates['pyav']): string {
  return figures === null
    ? `not measured: ${values.python} has no ${name}; give one that has it with --python PYTHON`
    : `${format(figures.framesPerSecond)}/s (${figures.version})`
}

function actText({ ms, pageMs, studioMs }: WindowFigures['open']): string {
  return `${ms} ms (processor: page ${pageMs} ms, studio ${studioMs} ms)`
}

function indexLines(figures: IndexFigures): [string, string][] {
  return [
    [`Import of ${format(figures.files)} tiny videos with the index check`, `${figures.seconds} s`],
    ['… slowest answer of the studio meanwhile', `${figures.slowestAnswerMs} ms`],
    ['… highest memory of the studio, and of all its processes', `${figures.studioMib} MiB, ${figures.allMib} MiB`],
  ]
}

function windowLines(figures: WindowFigures): [string, string][] {
  return [
    [`Dataset of ${format(figures.samples)} samples in the window: click to drawn videos`, actText(figures.open)],
    ['… jump into its middle to drawn videos', actText(figures.jump)],
    ['… while its videos are scrolled', `${figures.framesPerSecond} frames/s`],
    ['… memory of the page, and of its objects', `${figures.pageMib} MiB, ${figures.heapMib} MiB`],
    ['… memory of the studio, and its highest', `${figures.studioMib} MiB, ${figures.studioHighestMib} MiB`],
  ]
}

async function windows(): Promise<WindowFigures[]> {
  if (samples.length === 0) return []
  // It needs the browser of the tests.
  const { measureWindow } = await import('./data/window.ts')
  const figures: WindowFigures[] = []
  for (const count of samples) figures.push(await measureWindow(count))
  return figures
}

/** Times per second of a core that `work` is done: the median over the rounds, by processor time, since other programs may use the machine. */
function perCore(work: (index: number) => unknown, count = clips): number {
  for (let index = 0; index < Math.min(50, count); index++) work(index)
  const rates = Array.from({ length: rounds }, () => {
    const before = process.cpuUsage()
    for (let index = 0; index < count; index++) work(index)
    const { user, system } = process.cpuUsage(before)
    return (count * 1e6) / (user + system)
  })
  return Math.round(median(rates))
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

/** As a decoder process reuses its memory. */
function reuse(bytes: number): Buffer {
  if (memory.length < bytes) memory = Buffer.allocUnsafeSlow(bytes)
  return memory.subarray(0, bytes)
}

/** Cached clips in this process, as a decoder process handles them. */
function cachedClips(frames: string) {
  mkdirSync(frames)
  const size = decodedSize(source, decodedShortSide(imageSize))
  const store = (digest: string, decodedSize: Size, pixels: readonly Uint8Array[], isCompressed = false): CacheKey => {
    const key = { digest, decodedSize, frameCount: pixels.length, decoder: 'none' }
    const writer = writeCachedFrames(join(frames, framesName(digest, decodedSize)), key, isCompressed)
    pixels.forEach(writer.write)
    writer.commit()
    return key
  }
  const keysAt = (decoded: Size): CacheKey[] =>
    Array.from({ length: videoCount }, (_, index) => {
      const frame = Buffer.alloc(decoded.width * decoded.height * 3)
      for (let at = 0; at < frame.length; at++) frame[at] = (at * 7 + index) & 255
      return store(`video${index}`, decoded, Array<Buffer>(videoFrames).fill(frame))
    })
  const readFrom =
    (keys: readonly CacheKey[]) =>
    (index: number): Uint8Array => {
      const key = keys[index % keys.length]
      if (key === undefined) throw new RangeError('There are no videos.')
      const first = (index * 5) % (videoFrames - clipFrames * 4)
      const cached = readCachedFrames(
        join(frames, framesName(key.digest, key.decodedSize)),
        key,
        Array.from({ length: clipFrames }, (_, position) => first + position * 4),
        0,
        reuse,
      )
      if (!('data' in cached)) throw new Error(cached.damage ?? 'The frame cache of the benchmark is gone.')
      return cached.data
    }
  const readSmall = readFrom(keysAt({ width: imageSize, height: imageSize }))
  const read = readFrom(keysAt(size))
  const stackOf = (index: number) => ({ data: read(index), frameCount: clipFrames, ...size })
  const plan = {
    crop: { x: 20, y: 10, width: size.height * 0.8, height: size.height * 0.8 },
    flip: false,
    sizes: [imageSize],
  }
  return {
    decodedSize: `${size.width} × ${size.height}`,
    readAtClipSize: perCore(readSmall),
    read: perCore(read),
    readCompressed: perCore(readFrom([store('compressed', size, footage(size, videoFrames), true)]), clips / 4),
    pretraining: perCore((index) => cutClip(stackOf(index), { ...plan, resample: 'antialiased' }), clips / 4),
    finetuning: perCore((index) => {
      const erasing = { probability: 0.25, seed: 0, step: index, position: 0 }
      return cutClip(stackOf(index), { ...plan, resample: 'bilinear', erasing })
    }, clips / 4),
  }
}

/** A real video: decoded, read by a decoder process from the cache, and again and again. */
async function decodedFrames() {
  const file = join(folder, 'video.mp4')
  await (await openEncoder()).encode(file, footage(source, videoFrames), source, 30)
  const decoded = decodedSize(source, decodedShortSide(imageSize))
  const decoder = await openDecoder()
  /** Frames per second of processor time. */
  const decodeOnce = async (): Promise<number> => {
    const before = process.cpuUsage()
    let count = 0
    await decoder.decode(file, decoded, 'all', () => (count += 1))
    const { user, system } = process.cpuUsage(before)
    if (count !== videoFrames) throw new Error(`${count} of ${videoFrames} frames were decoded.`)
    return (count * 1e6) / (user + system)
  }
  const hasFfmpeg = spawnSync(values.ffmpeg, ['-version'], { encoding: 'utf8' })
  const ffmpegRates: number[] = []
  const rates: number[] = []
  await decodeOnce()
  for (let round = 0; round < rounds; round++) {
    rates.push(await decodeOnce())
    if (hasFfmpeg.status === 0) ffmpegRates.push(videoFrames / ((await ffmpegProcessorMs(file, decoded)) / 1000))
  }
  const version = /version (\S+)/.exec(hasFfmpeg.stdout ?? '')?.[1] ?? ''
  return {
    decoding: {
      decoder: decoder.description,
      framesPerSecond: Math.round(median(rates)),
      ffmpeg: ffmpegRates.length === 0 ? null : { version, framesPerSecond: Math.round(median(ffmpegRates)) },
      ...pythonRates(values.python, file, decoded, rounds),
    },
    ...(await fromProcess(file, decoded)),
  }
}

/** Processor time of the program ffmpeg, which writes raw RGB frames with the same filters to a pipe that discards them. */
async function ffmpegProcessorMs(file: string, size: Size): Promise<number> {
  const command = ['-c', 'ffmpeg=$1; shift; "$ffmpeg" "$@" > /dev/null 2>&1; times', 'bench', values.ffmpeg]
  const child = spawn('bash', [...command, ...decodeArguments(file, size, 'all')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')))
  const [code] = await once(child, 'close')
  const parts = [...(text.trim().split('\n')[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)]
  if (code !== 0 || parts.length !== 2) throw new Error(`The processor time of ffmpeg is unknown: ${text}`)
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000, 0)
}

async function fromProcess(file: string, decoded: Size) {
  const plan: ClipPlan = {
    file,
    digest: digestOfVideo(file),
    frameCount: videoFrames,
    decodedSize: decoded,
    frameIndices: Array.from({ length: clipFrames }, (_, index) => index * 4),
    crop: { x: 20, y: 10, width: 128, height: 128 },
    flip: false,
    sizes: [imageSize],
    resample: 'bilinear',
  }
  const pool = createVideoPool({ workers: 1, frameCache: join(folder, 'pool') })
  const marks = [0.1, 0.25, 0.5, 0.75, 1].map((share) => Math.max(1, Math.round(memoryClips * share)))
  const mib: [number, number][] = []
  try {
    await pool.read(plan)
    const started = performance.now()
    const ahead = 4
    let done = 0
    const readOn = async (): Promise<void> => {
      while (done < memoryClips) {
        done += 1
        const at = done
        await pool.read({ ...plan, erasing: { probability: 0.25, seed: 0, step: at, position: 0 } })
        const [pid] = pool.pids()
        if (marks.includes(at) && pid !== undefined && process.platform === 'linux')
          mib.push([at, Math.round(residentBytes(pid) / 2 ** 20)])
      }
    }
    await Promise.all(Array.from({ length: ahead }, readOn))
    const clipsPerSecond = Math.round(memoryClips / ((performance.now() - started) / 1000))
    return { fromProcess: { clipsPerSecond }, memory: mib.length === 0 ? null : { clips: memoryClips, mib } }
  } finally {
    await pool.dispose()
  }
}
