import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'mvd-studio-bench-'))
afterAll(() => rmSync(folder, { recursive: true }))

const tiny = [
  '--shapes',
  'finetune',
  '--rounds',
  '2',
  '--steps',
  '1',
  '--',
  '--width',
  '32',
  '--depth',
  '1',
  '--heads',
  '2',
  '--image-size',
  '32',
  '--frames',
  '4',
  '--batch',
  '1',
]

async function bench(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['bench/step.ts', ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const [code] = (await once(child, 'close')) as [number]
  return { code, stdout, stderr }
}

/** A program instead of Python, which records its calls. */
function stand(name: string, script: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

test('both sides are timed alternately at the same sizes, and compared in one table', async () => {
  const calls = join(folder, 'calls')
  const python = stand(
    'python',
    `echo "$@" >> '${calls}'; echo '{"engine": "pytorch 9", "median_s": 1000, "min_s": 900, "peak_mib": 1, "params": 1}'`,
  )
  const { code, stdout, stderr } = await bench('--python', python, '--yardstick', python, ...tiny)
  expect([code, stderr]).toEqual([0, ''])
  const [call, again] = readFileSync(calls, 'utf8').trim().split('\n')
  expect(call).toMatch(
    / --stage finetune --width 192 --heads 3 --batch 4 --steps 1 --width 32 --depth 1 --heads 2 --image-size 32 --frames 4 --batch 1 --threads \d+$/,
  )
  expect(again).toBe(call)
  const row = stdout
    .split('\n')
    .find((line) => line.includes('finetune'))!
    .split('│')
    .map((cell) => cell.trim())
  const [median, min, peak] = [row[2], row[3], row[4]].map(Number) as [number, number, number]
  expect(row.slice(6, 9)).toEqual(['1000000.0', '900000.0', '1'])
  // The studio's own times are rounded to a tenth of a millisecond, so what is computed from them is checked as loosely.
  expect(Number(row[9]) / (1_000_000 / median)).toBeCloseTo(1, 1)
  expect(Number(row[10]) / (900_000 / min)).toBeCloseTo(1, 1)
  expect(Number(row[11])).toBe(peak)
  expect(stdout).toContain('compared with pytorch 9; rounds: 2, steps: 1.')
})

test('errors of the other side are shown', async () => {
  const python = stand('broken', 'echo "No module named torch" >&2; exit 1')
  expect(await bench('--python', python, '--yardstick', python, ...tiny)).toEqual({
    code: 1,
    stdout: '',
    stderr: 'No module named torch\n',
  })
})

test('an unknown shape is rejected', async () => {
  const { code, stderr } = await bench('--shapes', 'distil')
  expect([code, stderr]).toEqual([
    1,
    '--shapes: unknown shape "distil". Choose from distill, distill-384, video-teacher, image-teacher, finetune.\n',
  ])
})
