import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

// The benchmark waits for what the window shows: it stands still if a name or a mark that it looks for has changed.
// It reads /proc.
test.skipIf(process.platform !== 'linux')(
  'every act of the window is measured',
  async () => {
    const size = ['--runs', '100', '--metrics', '3', '--points', '50']
    const { stdout } = await promisify(execFile)(process.execPath, ['bench/screen.ts', '--json', ...size], {
      timeout: 280_000,
    })
    const { measures, query, ...report } = JSON.parse(stdout)
    expect(measures.map(({ what, limit }: { what: string; limit: string }) => `${what}: ${limit}`)).toEqual([
      'window with the list of runs: ',
      'list of runs: 300 ms',
      'scroll the list: 30 frames/s',
      'sort: 100 ms',
      'filter: 100 ms',
      'dialog Choose runs: 200 ms',
      'overlay of 20 runs: 500 ms',
      'cursor over 20 runs: 30 frames/s',
      'zoom to raw points: 100 ms',
      'overlay of 100 runs: 1.5 s',
      'cursor over 100 runs: 30 frames/s',
    ])
    for (const { ms, framesPerSecond } of measures) expect(ms ?? framesPerSecond).toBeGreaterThan(0)
    expect(query).toEqual({ ms: expect.any(Number), sql: expect.stringContaining('SELECT') })
    expect(report).toEqual({
      runs: 100,
      metrics: 3,
      points: 50,
      openMs: expect.any(Number),
      pageMib: expect.any(Number),
      heapMib: expect.any(Number),
      studioMib: expect.any(Number),
    })
  },
  300_000,
)
