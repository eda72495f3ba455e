import { spawnSync } from 'node:child_process'
import { z } from 'zod'
import type { Size } from '#training/data/geometry.ts'

const library = z.object({ version: z.string(), framesPerSecond: z.number() }).nullable()
const rates = z.object({ pyav: library, decord: library })

/** Frames per second of processor time of Python's decoders; null for one that is not installed. */
export type PythonRates = z.infer<typeof rates>

/** Decodes all frames of a file to RGB of a size, as the studio does. Processor time is that of all threads. */
const program = `
import json, statistics, sys, time
file, width, height, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])

def with_pyav():
    import av
    def decode():
        with av.open(file) as container:
            return sum(f.reformat(width, height, 'rgb24').height == height for f in container.decode(video=0))
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

print(json.dumps({'pyav': rate(with_pyav), 'decord': rate(with_decord)}))
`

/**
 * Measures PyAV and decord on a file.
 * @param python a program; without it, or without the libraries, their figures are null
 * @throws Error with what a decoder printed when it failed
 */
export function pythonRates(python: string, file: string, { width, height }: Size, rounds: number): PythonRates {
  const given = ['-c', program, file, String(width), String(height), String(rounds)]
  const { error, status, stdout, stderr } = spawnSync(python, given, { encoding: 'utf8' })
  if (error !== undefined) return { pyav: null, decord: null }
  if (status !== 0) throw new Error(`${python} ended with code ${status}: ${stderr}`)
  return rates.parse(JSON.parse(stdout))
}
