import { expect, test } from 'vitest'
import { Turns } from '#main/metrics/turns.ts'

test('a job begins when the one before it has ended its turn', async () => {
  const turns = new Turns()
  const order: string[] = []
  const endFirst = await turns.take()
  const job = async (name: string): Promise<void> => {
    const end = await turns.take()
    order.push(name)
    end()
  }
  const jobs = [job('second'), job('third')]
  order.push('first')
  endFirst()
  await Promise.all(jobs)
  expect(order).toEqual(['first', 'second', 'third'])
})
