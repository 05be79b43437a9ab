/** What somebody wishes comes about once, however often it is sent while its answer is not known. */
import { newId } from '../parts/new-id';
import { CallError, postOnce } from './client';

interface Wish {
  readonly of: string;
  readonly key: string;
  /** Unix ms. */
  readonly since: number;
}

/** By where it was sent; also after the dialog that it was said in was closed. */
const wishes = new Map<string, Wish>();
/** Whoever says the same later means something else. */
const longestMs = 120_000;

/**
 * Sends an order; the same again is the same wish until it is known what came of it, or things are not as they were: `seen` says how
 * they are, as the person sees it.
 */
export async function postWish<T>(path: string, order: unknown, seen = ''): Promise<T> {
  const of = JSON.stringify([order, seen]);
  const before = wishes.get(path);
  const isSame = before?.of === of && Date.now() - before.since < longestMs;
  const wish = isSame ? before : { of, key: newId(), since: Date.now() };
  wishes.set(path, wish);
  try {
    const answer = await postOnce<T>(path, order, wish.key);
    forgetWishes();
    return answer;
  } catch (error) {
    // It was heard, and refused: to try again is another wish. One that is under way is the same.
    if (error instanceof CallError && error.body !== null && error.body.error !== 'unavailable') wishes.delete(path);
    throw error;
  }
}

/** Something else was done since: whoever wishes the same now knows how things are. */
export const forgetWishes = (): void => wishes.clear();
