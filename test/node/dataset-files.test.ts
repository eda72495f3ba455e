import { appendFileSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeDataset } from '#contract/domain/dataset-detail.ts'
import { linesOf } from '#contract/domain/dataset-lines.ts'
import { digestOf } from '#main/datasets/manifest.ts'
import { openDataset, readDataset, writeDataset } from '#node/dataset-files.ts'
import { temporaryFolder } from '../main/support.ts'
import { variedDataset } from '../support/varied-dataset.ts'

function stored() {
  const folder = temporaryFolder()
  writeDataset(folder, variedDataset)
  return { manifest: join(folder, 'manifest.json'), samples: join(folder, 'samples.jsonl') }
}

test('a dataset that is written and read is the same and has the same digest', () => {
  const { manifest } = stored()
  expect(readDataset(manifest)).toEqual(variedDataset)
  expect(digestOf(readDataset(manifest))).toBe(digestOf(variedDataset))
  const { detail, lines } = openDataset(manifest)
  expect(detail).toEqual(describeDataset(variedDataset))
  expect([...lines()]).toEqual([...linesOf(variedDataset)])
})

test('the header has no sample, and each of the other lines is one', () => {
  const { manifest, samples } = stored()
  expect(readFileSync(manifest, 'utf8')).not.toContain('.mp4')
  expect(readFileSync(samples, 'utf8').trimEnd().split('\n')).toHaveLength(
    variedDataset.samples.length + variedDataset.broken.length,
  )
})

test('a dataset of version 2 is read from its one file', () => {
  const manifest = join(temporaryFolder(), 'manifest.json')
  writeFileSync(manifest, JSON.stringify({ version: 2, ...variedDataset }))
  expect(readDataset(manifest)).toEqual(variedDataset)
  const { detail, lines } = openDataset(manifest)
  expect(detail).toEqual(describeDataset(variedDataset))
  expect([...lines()]).toEqual([...linesOf(variedDataset)])
})

test('the lines of some samples are those of all, in either version', () => {
  const older = join(temporaryFolder(), 'manifest.json')
  writeFileSync(older, JSON.stringify({ version: 2, ...variedDataset }))
  const ids = new Set(variedDataset.samples.filter((_, index) => index % 2 === 1).map(({ id }) => id))
  const expected = [...linesOf(variedDataset)].filter((line) => 'broken' in line || ids.has(line.id))
  expect(expected.length).toBeGreaterThan(variedDataset.broken.length)
  for (const manifest of [stored().manifest, older]) expect([...openDataset(manifest).lines(ids)]).toEqual(expected)
})

test.each<[string, (samples: string) => void, RegExp]>([
  [
    'cut off',
    (samples) => truncateSync(samples, 1000),
    /^The file .*samples\.jsonl is cut off: it has 1000 bytes instead of \d+\.$/,
  ],
  [
    'longer',
    (samples) => appendFileSync(samples, '{}\n'),
    /samples\.jsonl is not the one that was written: it has \d+ bytes instead of \d+\.$/,
  ],
  [
    'with another class',
    (samples) => writeFileSync(samples, readFileSync(samples, 'utf8').replace('"motion":0', '"motion":1')),
    /samples\.jsonl was changed: its checksum is not the one in manifest\.json\.$/,
  ],
  [
    'with a line that is not JSON',
    (samples) => writeFileSync(samples, readFileSync(samples, 'utf8').replace('}\n{', ']\n{')),
    /samples\.jsonl is damaged: line 1 is not JSON\.$/,
  ],
  [
    'with a line without a field',
    (samples) => writeFileSync(samples, readFileSync(samples, 'utf8').replace('"id"', '"ie"')),
    /samples\.jsonl is damaged: line 1: /,
  ],
])('samples that are %s are refused with a sentence', (_, damage, sentence) => {
  const { manifest, samples } = stored()
  damage(samples)
  expect(() => readDataset(manifest)).toThrow(sentence)
  expect(() => [...openDataset(manifest).lines()]).toThrow(sentence)
})
