import { shallowRef, watch, type Ref } from 'vue'
import { useRoute, useRouter, type LocationQueryValue, type Router } from 'vue-router'

/** How a value is written in the query of an address. */
export interface AddressCodec<Value> {
  /** Value of a parameter; the default if it is absent or not valid. */
  read(text: string | undefined): Value
  /** Text of a value; undefined for the default, which the address leaves out. */
  write(value: Value): string | undefined
}

export const addressText: AddressCodec<string> = { read: (text) => text ?? '', write: (text) => text || undefined }
export const addressFlag: AddressCodec<boolean> = {
  read: (text) => text === '1',
  write: (isOn) => (isOn ? '1' : undefined),
}

/** One of some values; the first is the default. */
export const addressChoice = <Choice extends string>(
  choices: readonly [Choice, ...Choice[]],
): AddressCodec<Choice> => ({
  read: (text) => choices.find((choice) => choice === text) ?? choices[0],
  write: (choice) => (choice === choices[0] ? undefined : choice),
})

/** A number from `min` to `max`. */
export const addressNumber = (normal: number, min: number, max: number): AddressCodec<number> => ({
  read(text) {
    const number = text === undefined || text.trim() === '' ? Number.NaN : Number(text)
    return number >= min && number <= max ? number : normal
  },
  write: (number) => (number === normal ? undefined : String(number)),
})

/** A whole number that may be absent. */
export const addressWhole: AddressCodec<number | undefined> = {
  read: (text) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined),
  write: (number) => number?.toString(),
}

/** Distinct ids, in their order. */
export const addressIds: AddressCodec<readonly string[]> = {
  read: (text) => [...new Set((text ?? '').split(',').filter((id) => id !== ''))],
  write: (ids) => (ids.length === 0 ? undefined : ids.join(',')),
}

/**
 * A value that shapes a page, kept in the query of its address, so that Back, reload and a copied link restore it.
 * Set it like any ref. The value follows the address while the page is shown.
 */
export function useAddress<Value>(key: string, codec: AddressCodec<Value>): Ref<Value> {
  const route = useRoute()
  const router = useRouter()
  const { path } = route
  const inAddress = () => single(route.query[key])
  const value = shallowRef(codec.read(inAddress()))
  watchLeaving(router)
  watch(inAddress, (text) => {
    // The page that is left keeps its state until it is unmounted.
    if (route.path === path && text !== codec.write(value.value)) value.value = codec.read(text)
  })
  watch(value, (next) => {
    if (codec.write(next) !== inAddress()) changeAddress(router, path, { [key]: codec.write(next) })
  })
  return value
}

const single = (value: LocationQueryValue | LocationQueryValue[] | undefined): string | undefined =>
  (Array.isArray(value) ? value[0] : value) ?? undefined

type Changes = Record<string, string | undefined>
const pending = new WeakMap<Router, { path: string; changes: Changes }>()
/** Browsers ignore or refuse more than about 20 changes per second. */
const pauseMs = 100

/** Replaces parameters of the address. Changes that follow each other quickly become one navigation. */
function changeAddress(router: Router, path: string, changes: Changes): void {
  const waiting = pending.get(router)
  if (waiting?.path === path) {
    Object.assign(waiting.changes, changes)
    return
  }
  pending.set(router, { path, changes })
  if (waiting === undefined) void writeAddress(router)
}

const watched = new WeakSet<Router>()
/** Routers on their way to another page: replacing the address now would cancel that. */
const leaving = new WeakSet<Router>()

function watchLeaving(router: Router): void {
  if (watched.has(router)) return
  watched.add(router)
  router.beforeEach((to, from) => {
    if (to.path === from.path) leaving.delete(router)
    else leaving.add(router)
  })
  router.afterEach(() => void leaving.delete(router))
}

async function writeAddress(router: Router): Promise<void> {
  // Changes of the same tick belong together.
  await Promise.resolve()
  for (let next = pending.get(router); next !== undefined; next = pending.get(router)) {
    const { path, changes } = next
    pending.set(router, { path, changes: {} })
    const { query, hash, path: current } = router.currentRoute.value
    if (current === path && !leaving.has(router) && Object.keys(changes).length > 0)
      await router.replace({ query: { ...query, ...changes }, hash })
    else break
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  pending.delete(router)
}
