import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Card } from '#contract/domain/card.ts'

const mib = 2 ** 20
const uuidDigits = '00000000-0000-0000-0000-00000000000'

/** A card of the stand-in, idle unless stated otherwise. */
export const cardOf = (index: number, facts: Partial<Card> = {}): Card => ({
  index,
  uuid: `GPU-${index}${uuidDigits}${index}`,
  name: 'NVIDIA H200',
  driverVersion: '580.95.05',
  memoryBytes: 143_771 * mib,
  usedMemoryBytes: 4 * mib,
  computeCapability: '9.0',
  isExclusive: false,
  processes: [],
  ...facts,
})

const inMib = (bytes: number | null): string => (bytes === null ? '[N/A]' : String(Math.round(bytes / mib)))

/** Puts a program `nvidia-smi` that runs `script` (of sh) first on the PATH, until the test ends. @returns its folder */
export function standInProgram(script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'mvd-studio-cards-'))
  const file = join(folder, 'nvidia-smi')
  writeFileSync(file, `#!/bin/sh\ncd '${folder}'\n${script}\n`)
  chmodSync(file, 0o755)
  const path = process.env['PATH']
  process.env['PATH'] = `${folder}${delimiter}${path}`
  onTestFinished(() => {
    process.env['PATH'] = path
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

/** Puts a program `nvidia-smi` that reports `cards` first on the PATH. @returns a function that changes them */
export function standInCards(cards: readonly Card[]): (cards: readonly Card[]) => void {
  const folder = standInProgram('case "$1" in *compute-apps*) cat processes.csv;; *) cat cards.csv;; esac')
  const report = (current: readonly Card[]) => {
    const lines = current.map((card) =>
      [
        card.index,
        card.uuid,
        card.name,
        card.driverVersion,
        inMib(card.memoryBytes),
        inMib(card.usedMemoryBytes),
        card.isExclusive ? 'Exclusive_Process' : 'Default',
        card.computeCapability ?? '[N/A]',
      ].join(', '),
    )
    const processes = current.flatMap(({ uuid, processes }) =>
      processes.map(({ pid, memoryBytes }) => `${uuid}, ${pid}, ${inMib(memoryBytes)}`),
    )
    writeFileSync(join(folder, 'cards.csv'), lines.map((line) => `${line}\n`).join(''))
    writeFileSync(join(folder, 'processes.csv'), processes.map((line) => `${line}\n`).join(''))
  }
  report(cards)
  return report
}
