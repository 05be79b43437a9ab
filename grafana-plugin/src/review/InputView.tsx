/** The original input of a case. It may arrive a moment after its decision. */
import type { InputSnapshot } from '@countersign/contract';
import { useSnapshot } from '../api/reviews';
import InputContent from './InputContent';

export default function InputView({ snapshot }: { snapshot: InputSnapshot }) {
  return <InputContent content={useSnapshot(snapshot.hash)} snapshot={snapshot} />;
}
