/** What somebody wishes comes about once, however often it is sent while its answer is not known. */
import { newId } from '../parts/new-id';
import { CallError, postOnce } from './client';

/** By where it was sent; also after the dialog that it was said in was closed. */
const wishes = new Map<string, { readonly of: string; readonly key: string }>();

/** Sends an order; the same again is the same wish until it is known what came of it. */
export async function postWish<T>(path: string, order: unknown): Promise<T> {
  const of = JSON.stringify(order);
  const before = wishes.get(path);
  const wish = before?.of === of ? before : { of, key: newId() };
  wishes.set(path, wish);
  try {
    const answer = await postOnce<T>(path, order, wish.key);
    wishes.delete(path);
    return answer;
  } catch (error) {
    // It was heard, and refused: to try again is another wish. One that is under way is the same.
    if (error instanceof CallError && error.body !== null && error.body.error !== 'unavailable') wishes.delete(path);
    throw error;
  }
}
