import { spawnSync } from 'node:child_process'
import { z } from 'zod'
import type { Size } from '#training/data/geometry.ts'
import { scaleToRgb } from '#training/video/decode/filters.ts'

const library = z.object({ version: z.string(), framesPerSecond: z.number() }).nullable()
const rates = z.object({ pyav: library, pyavOwn: library, decord: library })

/** Frames per second of processor time of Python's decoders; null for one that is not installed. */
export type PythonRates = z.infer<typeof rates>

/**
 * Decodes all frames of a file to RGB of a size. PyAV scales with the studio's filters, which give the same bytes on every machine, and
 * once more with its own, which is less exact. Processor time is that of all threads.
 */
const program = `
import json, statistics, sys, time
file, width, height, rounds, filters = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]

def with_pyav():
    import av, av.filter
    def decode():
        with av.open(file) as container:
            graph = av.filter.Graph()
            graph.threads = 1
            nodes = [graph.add_buffer(template=container.streams.video[0])]
            for text in filters:
                name, _, args = text.partition('=')
                nodes.append(graph.add(name, args))
            nodes.append(graph.add('buffersink'))
            graph.link_nodes(*nodes).configure()
            count = 0
            for frame in container.decode(video=0):
                graph.push(frame)
                count += graph.pull().to_ndarray().shape[0] == height
            return count
    return av.__version__, decode

def with_own_scaling():
    import av
    def decode():
        with av.open(file) as container:
            return sum(f.to_ndarray(width=width, height=height, format='rgb24').shape[0] == height for f in container.decode(video=0))
    return av.__version__, decode

def with_decord():
    import decord
    def decode():
        reader = decord.VideoReader(file, ctx=decord.cpu(0), width=width, height=height, num_threads=1)
        return sum(reader[index].asnumpy().shape[0] == height for index in range(len(reader)))
    return decord.__version__, decode

def rate(library):
    try:
        version, decode = library()
    except ImportError:
        return None
    decode()
    rates = []
    for _ in range(rounds):
        before = time.process_time()
        count = decode()
        rates.append(count / (time.process_time() - before))
    return {'version': version, 'framesPerSecond': round(statistics.median(rates))}

print(json.dumps({'pyav': rate(with_pyav), 'pyavOwn': rate(with_own_scaling), 'decord': rate(with_decord)}))
`

/**
 * Measures PyAV, with the studio's scaling and its own, and decord on a file.
 * @param python a program; without it, or without the libraries, their figures are null
 * @throws Error with what a decoder printed when it failed
 */
export function pythonRates(python: string, file: string, size: Size, rounds: number): PythonRates {
  const { width, height } = size
  const given = ['-c', program, file, String(width), String(height), String(rounds), ...scaleToRgb(size)]
  const { error, status, stdout, stderr } = spawnSync(python, given, { encoding: 'utf8' })
  if (error !== undefined) return { pyav: null, pyavOwn: null, decord: null }
  if (status !== 0) throw new Error(`${python} ended with code ${status}: ${stderr}`)
  return rates.parse(JSON.parse(stdout))
}
