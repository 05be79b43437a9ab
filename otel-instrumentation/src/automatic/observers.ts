/** What watches spans: first whether they are part of a decision, then whether they are one. */
import type { Context, Span } from '@opentelemetry/api';
import { Parts, type SeenSpan, type SpanObserver } from './parts.ts';
import { Promotions } from './promotion.ts';

export class Observers implements SpanObserver {
  private readonly parts = new Parts();
  private readonly promotions = new Promotions();

  onStart(span: Span & SeenSpan, parent: Context): void {
    this.parts.onStart(span, parent);
    this.promotions.onStart(span, parent);
  }

  wantsUnsampled(): boolean {
    return this.parts.wantsUnsampled() || this.promotions.wantsUnsampled();
  }

  onEnd(span: SeenSpan): void {
    this.parts.onEnd(span);
    this.promotions.onEnd(span);
  }
}
