package api

import (
	"encoding/json"
	"net/http"
	"strconv"

	"jupyterhub-platform/lab/cloudflare/state"
)

// refusal is an answer that says no, with the number and the words that Cloudflare uses for it.
type refusal struct {
	status  int
	code    int
	message string
}

func refuse(status, code int, message string) *refusal { return &refusal{status, code, message} }

// What every part of the API answers.
var (
	noHeader       = refuse(http.StatusBadRequest, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
	badHeader      = refuse(http.StatusBadRequest, 6003, "Invalid request headers")
	unauthorised   = refuse(http.StatusForbidden, 10000, "Authentication error")
	foreignZone    = refuse(http.StatusForbidden, 9109, "Unauthorized to access requested resource")
	noRoute        = refuse(http.StatusBadRequest, 7000, "No route for that URI")
	unknownToken   = refuse(http.StatusUnauthorized, 1000, "Invalid API Token")
	wrongMethod    = refuse(http.StatusMethodNotAllowed, 10405, "Method not allowed for this authentication scheme")
	internalFault  = refuse(http.StatusInternalServerError, 10001, "Unable to complete the request, please try again later")
	tooManyFault   = refuse(http.StatusTooManyRequests, 971, "Please wait and consider throttling your request speed")
	badIdentifiers = refuse(http.StatusNotFound, 7003, "Could not route to that path, perhaps your object identifier is invalid?")
)

func (r *refusal) write(w http.ResponseWriter) {
	answer(w, r.status, map[string]any{
		"success": false, "messages": []any{}, "result": nil,
		"errors": []any{map[string]any{"code": r.code, "message": r.message}},
	})
}

func accept(w http.ResponseWriter, status int, result any) {
	answer(w, status, map[string]any{"success": true, "errors": []any{}, "messages": []any{}, "result": result})
}

// page answers with the part of a list that was asked for.
func page(w http.ResponseWriter, r *http.Request, all []state.Document) {
	number, size := count(r, "page", 1), count(r, "per_page", 20)
	from := min((number-1)*size, len(all))
	part := all[from:min(from+size, len(all))]
	answer(w, http.StatusOK, map[string]any{
		"success": true, "errors": []any{}, "messages": []any{}, "result": append([]state.Document{}, part...),
		"result_info": map[string]any{
			"page": number, "per_page": size, "count": len(part), "total_count": len(all),
			"total_pages": (len(all) + size - 1) / size,
		},
	})
}

func count(r *http.Request, name string, otherwise int) int {
	if asked, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil && asked > 0 {
		return asked
	}
	return otherwise
}

func answer(w http.ResponseWriter, status int, envelope any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The caller is gone where this fails; there is nobody to tell.
	_ = json.NewEncoder(w).Encode(envelope)
}
