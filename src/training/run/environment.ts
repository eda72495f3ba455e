import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { arch, cpus, hostname, platform, release, totalmem } from 'node:os'
import { z } from 'zod'
import { describeCard } from '#contract/domain/card.ts'
import type { AttemptEnvironment } from '#contract/domain/environment.ts'
import { threadsOfProcess } from '#node/thread-share.ts'
import { queryVisibleCards } from '#node/visible-cards.ts'

/** What this process computes with: system, machine and the NVIDIA cards that it sees. Never rejects. */
export async function readEnvironment(): Promise<AttemptEnvironment> {
  const { all, visible } = await queryVisibleCards()
  return {
    studioVersion: studioVersion(),
    node: process.versions.node,
    platform: `${platform()} ${release()} ${arch()}`,
    machine: hostname(),
    processor: cpus()[0]?.model.trim() || 'unknown',
    threads: threadsOfProcess(),
    memoryBytes: totalmem(),
    cards: visible.cards.map(describeCard),
    cardsProblem: all.problem ?? visible.problem,
  }
}

const packageFile = z.object({ version: z.string() })

function studioVersion(): string | null {
  const path = findPackageJSON('.', import.meta.url)
  if (path === undefined) return null
  return packageFile.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data?.version ?? null
}
