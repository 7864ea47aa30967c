import type { PrivacyStore } from '../../survey/privacy-store.js';
import type { AuditTrail } from './audit.js';

/** Writes what is read and corrected in the dashboard to the store's own chained log. */
export function storedAudit(privacy: PrivacyStore): AuditTrail {
  return {
    append: async ({ who, act, ids, choice }) => {
      const detail = JSON.stringify({ role: who.role, by: who.by, ...(choice === undefined ? {} : { choice }), ...(ids.length === 1 ? {} : { ids }) });
      await privacy.audit({ actor: who.name, action: act === 'comments_read' ? 'view' : 'correct', subject: ids.length === 1 ? ids[0]! : '', detail });
    },
  };
}
