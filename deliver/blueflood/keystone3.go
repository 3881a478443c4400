package blueflood

import (
	"context"
	"errors"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	v3 "github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"
)

// keystone3 logs in by version 3.
type keystone3 struct{ *caller }

func (k *keystone3) login(ctx context.Context) (token, error) {
	service := &gophercloud.ServiceClient{
		ProviderClient: &gophercloud.ProviderClient{HTTPClient: *k.client},
		Endpoint:       k.auth.URL + "/",
	}
	service.UserAgent.Prepend(agent)
	result := v3.Create(ctx, service, k.options())
	if result.Err != nil {
		return token{}, k.failure(result.Err)
	}
	return parse3(result)
}

// options are what is posted.
func (k *keystone3) options() *v3.AuthOptions {
	if k.auth.ApplicationCredentialID != "" {
		return &v3.AuthOptions{
			ApplicationCredentialID:     k.auth.ApplicationCredentialID,
			ApplicationCredentialSecret: k.auth.ApplicationCredentialSecret,
		}
	}
	o := &v3.AuthOptions{Username: k.auth.User, Password: k.auth.Password}
	if k.auth.Domain == "" {
		o.DomainID = "default"
	} else {
		o.DomainName = k.auth.Domain
	}
	if k.auth.Project != "" {
		o.Scope = v3.Scope{ProjectName: k.auth.Project, DomainID: o.DomainID, DomainName: o.DomainName}
	}
	return o
}

// explain says why there is no token.
func (k *keystone3) failure(err error) error {
	var answer gophercloud.ErrUnexpectedResponseCode
	if errors.As(err, &answer) {
		return loginError(answer.Actual, k.message(answer.Body), wish(answer.ResponseHeader))
	}
	return k.explain(err)
}

// parse3 reads the answer of a login.
func parse3(result v3.CreateResult) (token, error) {
	var body struct {
		IssuedAt  time.Time `json:"issued_at"`
		ExpiresAt time.Time `json:"expires_at"`
		Project   struct{ ID string }
	}
	id, err := result.ExtractTokenID()
	if err != nil || id == "" || result.ExtractInto(&body) != nil {
		return token{}, errNoToken
	}
	if body.IssuedAt.IsZero() {
		body.IssuedAt = dateOr(result.Header, time.Now())
	}
	life := body.ExpiresAt.Sub(body.IssuedAt)
	life -= min(life/2, time.Second) // both times are whole seconds: most of one may have been over
	return token{id: id, tenant: body.Project.ID, life: life}.live()
}
