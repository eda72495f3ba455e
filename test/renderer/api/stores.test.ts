import { createPinia } from 'pinia'
import { afterEach, expect, test } from 'vitest'
import { effectScope, nextTick, readonly, ref, watch } from 'vue'
import type { App, Ref } from 'vue'
import { createApp } from 'vue'
import { StudioError } from '#contract/api/errors.ts'
import { studioKey } from '#renderer/api/client.ts'
import type { Studio } from '#renderer/api/client.ts'
import { useDatasetsStore } from '#renderer/api/datasets-store.ts'
import { useRunsStore } from '#renderer/api/runs-store.ts'
import type { ConnectionState } from '#renderer/api/transport.ts'
import { useLoaded } from '#renderer/api/use-loaded.ts'
import { directStudio } from '../support/fake-app.ts'
import { fakePipeline, shapes } from '../support/fake-data.ts'
import { createFakeStudio } from '../support/fake-studio.ts'

const undo: (() => void)[] = []
afterEach(() => undo.splice(0).forEach((step) => step()))

function appWith(studio: Studio): App {
  return createApp({}).provide(studioKey, studio).use(createPinia())
}

/** Resolves once `isTrue` holds. */
const until = (isTrue: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const stop = watch(isTrue, (value) => value && queueMicrotask(() => (stop(), resolve())), {
      immediate: true,
      flush: 'sync',
    })
  })

test('the runs store applies the snapshot and every change', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  const store = appWith(directStudio(fake)).runWithContext(() => useRunsStore())
  undo.push(() => store.$dispose())
  await until(() => store.isLoaded)

  expect(store.pipelines.map(({ id }) => id)).toEqual(['falls-tiny', 'falls-base', 'shapes-scratch', 'shapes-demo'])
  expect(store.runsOf('shapes-demo').map(({ stage }) => stage)).toEqual([
    'image-teacher',
    'video-teacher',
    'distill',
    'finetune',
    'evaluate',
  ])
  expect(store.running?.step).toBe(170)

  fake.world.tick()
  await until(() => store.running?.step === 171)

  fake.world.launch(fakePipeline('new-one', 'tiny', shapes, null, ['image-teacher'], -1))
  await until(() => store.pipelines.length === 5)
  expect(store.runs[0]).toMatchObject({ id: 'new-one-image-teacher', status: 'queued' })
})

test('the datasets store adds and removes datasets', async () => {
  const fake = createFakeStudio({ tickMs: 0 })
  const store = appWith(directStudio(fake)).runWithContext(() => useDatasetsStore())
  undo.push(() => store.$dispose())
  await until(() => store.isLoaded)
  expect(store.datasets.map(({ name }) => name)).toEqual(['bed-falls', 'shapes'])

  fake.world.events.publish('datasets', { type: 'changed', dataset: { ...shapes, name: 'another' } })
  await until(() => store.dataset('another') !== undefined)
  fake.world.events.publish('datasets', { type: 'removed', name: 'shapes' })
  await until(() => store.dataset('shapes') === undefined)
  expect(store.datasets.map(({ name }) => name)).toEqual(['another', 'bed-falls'])
})

test('loaded data follows its key, drops outdated answers, and is fetched again after a lost connection', async () => {
  const connection: Ref<ConnectionState> = ref('open')
  const studio: Studio = { ...directStudio(createFakeStudio({ tickMs: 0 })), connection: readonly(connection) }
  const key = ref('a')
  const answers = new Map<string, PromiseWithResolvers<string>>()
  const ask = (name: string) => (answers.set(name, Promise.withResolvers()), answers.get(name)!.promise)
  const scope = effectScope()
  undo.push(() => scope.stop())
  const loaded = appWith(studio).runWithContext(() => scope.run(() => useLoaded(() => key.value, ask))!)

  key.value = 'b'
  await nextTick()
  answers.get('b')!.resolve('answer to b')
  await until(() => loaded.data.value !== undefined)
  answers.get('a')!.resolve('late answer to a')
  await nextTick()
  expect(loaded.data.value).toBe('answer to b')

  key.value = 'c'
  await nextTick()
  connection.value = 'lost'
  answers.get('c')!.reject(new StudioError('disconnected', 'lost', ''))
  await until(() => loaded.error.value?.code === 'disconnected')
  expect(loaded.data.value).toBe('answer to b')
  connection.value = 'open'
  await nextTick()
  answers.get('c')!.resolve('answer to c')
  await until(() => loaded.data.value === 'answer to c')
  expect(loaded.error.value).toBeNull()
})
