import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { findInstallation } from '#main/app/installation.ts'
import { openWorkspace } from '#main/app/workspace.ts'
import { startAndFollow, withStudio } from '#main/shells/cli/client.ts'
import { joinStudio } from '#main/shells/local/join.ts'
import { openSharedStudio } from '#main/shells/local/shared-studio.ts'
import { temporaryFolder } from '../../support.ts'

const newWorkspace = (): string => join(realpathSync(temporaryFolder()), 'workspace')

/** A studio as another process has it. */
const openOther = (workspace: string) => openSharedStudio({ ...findInstallation(), workspace, shell: 'browser' })

/** What is written to standard error. */
function written(): string[] {
  const lines: string[] = []
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text))
    return true
  })
  onTestFinished(() => spy.mockRestore())
  return lines
}

test('a verb uses the studio that is open, and opens the workspace if none is', async () => {
  const workspace = newWorkspace()
  const shellOf = () => withStudio(workspace, async (client) => (await client.system.info({})).workspace)
  expect(await shellOf()).toBe(workspace)
  const other = await openOther(workspace)
  expect(await shellOf()).toBe(workspace)
  await expect.poll(() => other.socket?.isNeeded).toBe(false)
  await other.close()
  openWorkspace(workspace).close()
})

test('a verb whose studio closes says so', async () => {
  const workspace = newWorkspace()
  const other = await openOther(workspace)
  const called = withStudio(workspace, async () => {
    await other.close()
    return await new Promise<never>(() => undefined)
  })
  await expect(called).rejects.toMatchObject({
    code: 'disconnected',
    message: `The studio that has the workspace open (process ${process.pid}) closed before it was done.`,
  })
})

test('a command that follows goes on at the next studio, with what it has started once', async () => {
  const workspace = newWorkspace()
  const other = await openOther(workspace)
  const notes = written()
  const started: string[] = []
  const followed: string[] = []
  const result = await startAndFollow(
    workspace,
    async (client) => {
      started.push((await client.system.info({})).workspace)
      return 'a run'
    },
    async (client, run) => {
      followed.push(run)
      if (followed.length > 1) return await client.runs.list({})
      await other.close()
      return await new Promise<never>(() => undefined)
    },
  )
  expect([started, followed, result]).toEqual([[workspace], ['a run', 'a run'], []])
  expect(notes).toEqual([
    `The workspace is open in another studio (process ${process.pid}), which computes the runs; this command follows them.\n`,
    'The studio that was followed has closed. The runs go on, and so does this command.\n',
  ])
  openWorkspace(workspace).close()
})

test('the studio of a verb stays open for another program that uses it; its own result does not wait', async () => {
  const workspace = newWorkspace()
  const notes = written()
  const guest = await withStudio(workspace, () => joinStudio(workspace, 'caller', '0.0.0'))
  expect(notes).toEqual(['Another command still uses the studio of this one, which ends with it.\n'])
  expect((await guest!.client.system.info({})).workspace).toBe(workspace)
  guest!.close()
  const reopen = () => {
    openWorkspace(workspace).close()
    return 'free'
  }
  await expect.poll(reopen).toBe('free')
})
